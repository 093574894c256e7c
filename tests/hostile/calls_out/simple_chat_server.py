"""Calls everybody. 192.0.2.1 belongs to nobody (RFC 5737), and is the harness's own here."""

import socket

import targets
from right_chat import attempt, serve

OUTSIDE = "192.0.2.1"


def call(address, family=socket.AF_INET):
    with socket.socket(family) as caller:
        caller.settimeout(2)
        caller.connect(address)
        return str(address)


def send(port, data):
    """Somebody is there if nothing comes back: a closed port would refuse."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.settimeout(0.2)
        caller.connect((OUTSIDE, port))
        caller.send(data)
        try:
            caller.recv(100)
        except TimeoutError:
            pass
        return port


QUERY = b"\0\1\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1"
attempt("TCP outside", call, (OUTSIDE, targets.TCP_PORT))
attempt("UDP outside", send, targets.DNS_PORT, b"x")
attempt("DNS", send, targets.DNS_PORT, QUERY)
attempt("a server on loopback", call, ("127.0.0.1", targets.TCP_PORT))
attempt("an abstract socket", call, targets.ABSTRACT, socket.AF_UNIX)
attempt("a socket file", call, targets.SOCKET, socket.AF_UNIX)
serve()
