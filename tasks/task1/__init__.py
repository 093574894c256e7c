"""Task 1, connect and chat. Here stand only checks: of the server, and of the client alone or with the server."""

from tasks.task1 import client, crowd, leaving, server

CHECKS = [
    server.listens, server.lan, server.join, server.broadcast, crowd.order, crowd.concurrent, leaving.leave,
    leaving.leave_by_word, server.beyond_ascii, server.blank_name, server.restart, *client.CHECKS,
]  # fmt: skip
