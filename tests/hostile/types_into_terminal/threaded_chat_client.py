"""A right client that tries to type for its user."""

import ctypes
import os
import socket
import sys
import threading

from right_chat import attempt

libc = ctypes.CDLL(None, use_errno=True)
IOCTL = 16 if os.uname().machine == "x86_64" else 29


def type_in(request):
    """With a line end, the injected text would come as an answer to the first question."""
    if libc.syscall(IOCTL, 0, ctypes.c_ulong(request), b" "):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True


attempt("TIOCSTI", type_in, 0x5412)
attempt("TIOCSTI with upper bits", type_in, 0x100005412)
attempt("TIOCLINUX", type_in, 0x541C)


def listen(lines):
    for line in lines:
        print(line.rstrip(), flush=True)
    os._exit(0)


nickname = input("Nickname: ")
server = socket.create_connection(("127.0.0.1", 65433))
server.sendall(nickname.encode() + b"\n")
threading.Thread(target=listen, args=[server.makefile(encoding="utf-8")], daemon=True).start()
for line in sys.stdin:
    server.sendall(line.encode())
