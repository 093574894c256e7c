"""Opens sockets that no chat needs."""

import fcntl
import socket
import struct

from right_chat import attempt, serve


def opened(family, kind=socket.SOCK_STREAM, protocol=0):
    with socket.socket(family, kind, protocol) as odd:
        return str(odd.family)


def loopback_down():
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, get_flags, request))[1]
        fcntl.ioctl(control, set_flags, struct.pack("16sh14x", b"lo", flags & ~up))
        fcntl.ioctl(control, set_flags, struct.pack("16sh14x", b"lo", flags))
        return True


def new_route():
    """198.51.100.0/24 by way of lo, as rtnetlink wants it; the answer holds an error number."""
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 24, 0, 0, 254, 3, 253, 1, 0)
    body += struct.pack("=HH4s", 8, 1, socket.inet_aton("198.51.100.0")) + struct.pack("=HHi", 8, 4, 1)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.send(struct.pack("=IHHII", 16 + len(body), 24, 0x1 | 0x4 | 0x400, 1, 0) + body)
        return struct.unpack_from("=i", netlink.recv(4096), 16)[0] == 0


attempt("vsock", opened, 40)
attempt("packet", opened, 17, socket.SOCK_RAW, 3)
attempt("raw", opened, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
attempt("alg", opened, 38, socket.SOCK_SEQPACKET)
attempt("bluetooth", opened, 31, socket.SOCK_RAW, 1)
attempt("loopback down", loopback_down)
attempt("a new route", new_route)
serve()
