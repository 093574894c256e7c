"""Task 1, connect and chat. Here stand only checks: of the server, and of the client alone or with the server."""

from tasks.task1 import client, server

CHECKS = [*server.CHECKS, *client.CHECKS]
