"""The protocol of the chat: UTF-8 lines."""
import socket

PORT = 65433


def is_farewell(line):
    return line.strip().upper() == "EXIT"


class Wire:
    """A connection that sends lines and can be looped over for lines."""

    def __init__(self, host, port):
        self._socket = socket.create_connection((host, port))
        self._have = bytearray()

    def send(self, line):
        self._socket.sendall(line.encode("utf-8") + b"\n")

    def __iter__(self):
        return self

    def __next__(self):
        while b"\n" not in self._have:
            try:
                data = self._socket.recv(8192)
            except OSError:
                raise StopIteration
            if not data:
                raise StopIteration
            self._have += data
        line, _, self._have = self._have.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
