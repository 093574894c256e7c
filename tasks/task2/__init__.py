"""Task 2, framing: TCP is a stream of bytes, and the newline alone ends a message. Here is also all about written answers."""

from tasks.task2 import client, explained, server

CHECKS = [*server.CHECKS, *client.CHECKS, *explained.CHECKS]
