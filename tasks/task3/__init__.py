"""Task 3: `/name <new>` gives the sender a new name."""

from tasks.task3 import client, server

CHECKS = [*server.CHECKS, *client.CHECKS]
