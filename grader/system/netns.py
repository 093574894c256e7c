"""Network namespaces with only a loopback device (Linux, network_namespaces(7), rtnetlink(7))."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

from grader.model.errors import GraderError, refused
from grader.system import syscalls


class PrivateNetwork:
    """Moves the calling process into new, empty networks. The process must have a single thread."""

    def __init__(self) -> None:
        """Enter a user namespace and a first network. Raises GraderError when the machine does not permit it."""
        if not sys.platform.startswith("linux"):
            raise GraderError("private networks exist on Linux only")
        try:
            self._enter()
            self._base = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            # A small socket table in the networks made from this one: listing sockets takes microseconds (Linux 6.1 on).
            with contextlib.suppress(OSError):
                Path("/proc/sys/net/ipv4/tcp_child_ehash_entries").write_text("256")
            self.renew()
        except OSError as error:
            raise refused("private networks", error) from error

    def renew(self) -> None:
        """Leave the present network, with all its sockets, for a new and empty one."""
        syscalls.enter_network(self._base)
        syscalls.unshare(syscalls.NEW_NETWORK)
        _bring_loopback_up()
        _route_everything_to_loopback()

    def _enter(self) -> None:
        """Enter a user namespace in which the process keeps its rights over files.

        All ids are mapped for root, only its own for another user: user_namespaces(7).
        """
        uid, gid = os.getuid(), os.getgid()
        if uid == 0:
            try:
                self._enter_as_root()
            except PermissionError:
                # A container that denies user namespaces may still grant this to root.
                syscalls.unshare(syscalls.NEW_NETWORK)
            return
        syscalls.unshare(syscalls.NEW_USERS | syscalls.NEW_NETWORK)
        _write_maps("self", f"{uid} {uid} 1", f"{gid} {gid} 1")

    def _enter_as_root(self) -> None:
        """Map every id onto itself. More than one id must be mapped by a process outside the namespace: our helper."""
        uid_map, gid_map = (_onto_itself(Path("/proc/self") / name) for name in ("uid_map", "gid_map"))
        go_read, go_write = os.pipe()
        parent, helper = os.getpid(), os.fork()
        if helper == 0:
            os.close(go_write)  # the parent's end only: if the parent dies, the read below ends
            try:
                if os.read(go_read, 1):
                    _write_maps(str(parent), uid_map, gid_map)
                os._exit(0)
            except OSError as error:
                os._exit(error.errno or 1)
        os.close(go_read)
        try:
            syscalls.unshare(syscalls.NEW_USERS | syscalls.NEW_NETWORK)
            os.write(go_write, b"1")
        finally:
            os.close(go_write)
            _, status = os.waitpid(helper, 0)
        if code := os.waitstatus_to_exitcode(status):
            raise OSError(code, os.strerror(abs(code)))


def _onto_itself(current: Path) -> str:
    """An id map with each id of the present namespace mapped onto itself."""
    ranges = (line.split() for line in current.read_text().splitlines())
    return "\n".join(f"{inside} {inside} {count}" for inside, _, count in ranges)


def _write_maps(process: str, uid_map: str, gid_map: str) -> None:
    base = Path("/proc") / process
    if uid_map.split()[2:] == ["1"]:
        (base / "setgroups").write_text("deny")  # the kernel asks for it before an unprivileged gid_map
    (base / "uid_map").write_text(uid_map)
    (base / "gid_map").write_text(gid_map)


def _bring_loopback_up() -> None:
    """`ip link set lo up`."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, get_flags, request))[1]
        fcntl.ioctl(control, set_flags, struct.pack("16sh14x", b"lo", flags | up))


def _route_everything_to_loopback() -> None:
    """`ip route replace table local local <net> dev lo quickack 1`, for all networks: rtnetlink(7)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as netlink:
        for network, bits in (("127.0.0.1", 32), ("127.0.0.0", 8), ("0.0.0.0", 0)):  # noqa: S104 - a route
            _add_route(netlink, socket.AF_INET, socket.inet_aton(network), bits, source=socket.inet_aton("127.0.0.1"))
        with contextlib.suppress(OSError):  # a machine without IPv6 grades IPv4 servers all the same
            _add_route(netlink, socket.AF_INET6, bytes(16), 0)
            _add_route(netlink, socket.AF_INET6, bytes(15) + b"\1", 128)


def _add_route(netlink: socket.socket, family: int, network: bytes, bits: int, source: bytes = b"") -> None:
    new_route, request_ack_create_replace = 24, 0x1 | 0x4 | 0x400 | 0x100
    table_local, protocol_boot, scope_host, type_local = 255, 3, 254, 2
    rta_dst, rta_oif, rta_prefsrc, rta_metrics, metric_quickack = 1, 4, 7, 8, 15

    loopback = struct.pack("=i", socket.if_nametoindex("lo"))
    scope = scope_host if family == socket.AF_INET else 0
    body = struct.pack("=BBBBBBBBI", family, bits, 0, 0, table_local, protocol_boot, scope, type_local, 0)
    body += _attribute(rta_dst, network) + _attribute(rta_oif, loopback)
    body += _attribute(rta_metrics, _attribute(metric_quickack, struct.pack("=I", 1)))
    if source and bits:
        body += _attribute(rta_prefsrc, source)
    netlink.send(struct.pack("=IHHII", 16 + len(body), new_route, request_ack_create_replace, 1, 0) + body)
    code = -struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if code and code != errno.EEXIST:
        raise OSError(code, os.strerror(code))


def _attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)
