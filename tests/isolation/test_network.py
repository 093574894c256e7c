"""Private networks: nothing collides, every address is local, nothing gets out. Each test runs in a fork of its own."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
from pathlib import Path

import pytest

from grader.isolation.network import LAN_ADDRESS, Network
from grader.model.errors import GraderError
from grader.system import procfs
from grader.system.netns import PrivateNetwork
from grader.system.sockdiag import SocketTable

pytestmark = pytest.mark.own_process

PORT = 65433


@pytest.fixture
def private():
    """Tell how to enter a private network, in the test's own process; the test is skipped where none is permitted."""

    def enter() -> PrivateNetwork:
        try:
            return PrivateNetwork()
        except GraderError as error:
            pytest.skip(str(error))

    return enter


def reporter(host: str = "0.0.0.0", port: int = PORT) -> socket.socket:
    """Listen as a student's server does."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen()
    return made


def refusal(host: str, port: int = PORT) -> int | None:
    """Why a connection fails; None if it does not."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.settimeout(120)
        return one.connect_ex((host, port)) or None


def test_many_listen_on_the_same_port_at_once(private):
    """Several workers listen on the same port at the same time, and each reaches its own server only."""
    ready, go = os.pipe(), os.pipe()
    children = []
    for number in range(4):
        if pid := os.fork():
            children.append(pid)
            continue
        status = 1
        try:
            private()
            server = reporter()
            os.write(ready[1], b"x")
            os.read(go[0], 1)  # all of them listen now
            with socket.create_connection(("127.0.0.1", PORT)) as client, server.accept()[0] as accepted:
                accepted.sendall(b"%d" % number)
                status = int(client.recv(1) != b"%d" % number)
        except pytest.skip.Exception:
            status = 77
            os.write(ready[1], b"x")
        finally:
            os._exit(status)
    for _ in children:
        os.read(ready[0], 1)
    os.write(go[1], b"x" * len(children))
    statuses = {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children}
    if statuses == {77}:
        pytest.skip("this machine does not permit private networks")
    assert statuses == {0}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.2", "127.255.255.254", LAN_ADDRESS, "192.168.1.5", "172.17.0.1", "8.8.8.8", "1.2.3.4"],
)
def test_every_address_is_local(private, host):
    """A server on all interfaces is reached on any IPv4 address, and a connection to it is answered from that address."""
    private()
    server = reporter()
    with socket.create_connection((host, PORT), timeout=120) as client, server.accept()[0] as accepted:
        assert client.getpeername() == (host, PORT)
        accepted.sendall(b"hi\n")
        assert client.recv(3) == b"hi\n"


@pytest.mark.parametrize(
    ("bound", "called"), [("127.0.0.1", LAN_ADDRESS), (LAN_ADDRESS, "127.0.0.1"), ("127.0.0.1", "127.0.0.2")]
)
def test_a_server_on_one_address_refuses_on_others(private, bound, called):
    """A server that listens on one address is not reached on another."""
    private()
    server = reporter(bound)
    assert refusal(called) == errno.ECONNREFUSED
    assert refusal(bound) is None
    server.close()


@pytest.mark.parametrize(("bound", "called"), [("::1", "::1"), ("::", "::1"), ("::", "fd00::1")])
def test_servers_on_ipv6(private, bound, called):
    """A server on IPv6 addresses is reached too, on any of them if it listens on all."""
    private()
    try:
        server = reporter(bound)
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert refusal(called) is None
    server.close()


def test_dual_stack_server_is_reached_over_ipv4(private):
    """A server on :: that takes both families is reached on 127.0.0.1 and on the LAN address."""
    private()
    try:
        server = socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        pytest.skip("this machine has no IPv6")
    assert [refusal(host) for host in ("127.0.0.1", LAN_ADDRESS, "::1")] == [None] * 3
    server.close()


def test_nothing_outside_is_reached(private):
    """There is no interface but the loopback one, what listens outside is not reached, and no packet finds a way out."""
    outside = reporter("127.0.0.1", 0)
    port = outside.getsockname()[1]
    private()
    assert {name for _, name in socket.if_nameindex() if not re.match(r"(tunl|sit|gre|erspan|ip_vti|ip6)", name)} == {
        "lo"
    }
    assert refusal("127.0.0.1", port) == errno.ECONNREFUSED
    assert refusal("1.1.1.1", 53) == errno.ECONNREFUSED
    outside.setblocking(False)
    with pytest.raises(BlockingIOError):
        outside.accept()


def test_the_own_network_is_untouched(private):
    """Whoever did not enter the private network has the old one: what is done inside does not show outside."""
    before = Path("/proc/self/ns/net").readlink()
    if pid := os.fork():
        assert os.waitpid(pid, 0)[1] == 0
        assert Path("/proc/self/ns/net").readlink() == before
        return
    try:
        private()
        status = int(Path("/proc/self/ns/net").readlink() == before)
    except pytest.skip.Exception:
        status = 0
    os._exit(status)


def test_renew_gives_an_empty_network(private):
    """A new network has no sockets: the port is free at once, connections of the old one notwithstanding."""
    network = private()
    for _ in range(5):
        assert SocketTable().dump() == []
        server = reporter()
        client = socket.create_connection(("127.0.0.1", PORT))
        accepted = server.accept()[0]
        accepted.close()  # the side that closes first keeps a TIME_WAIT
        network.renew()
        assert refusal("127.0.0.1") == errno.ECONNREFUSED
        client.close()
        server.close()


def test_renew_leaves_no_descriptor(private):
    """However often the network is renewed, no descriptor stays open."""
    network = private()
    network.renew()
    before = len(procfs.open_files(os.getpid()))
    for _ in range(20):
        network.renew()
    assert len(procfs.open_files(os.getpid())) == before


def test_files_are_as_accessible_as_before(private, tmp_path):
    """Inside, one is the same user and reads, writes and removes one's files as before, and the files of others as before."""
    mine, others = tmp_path / "mine", tmp_path / "others"
    mine.write_text("x")
    mine.chmod(0o600)
    others.write_text("x")
    others.chmod(0o600)
    if os.getuid() == 0:
        os.chown(others, 12345, 12345)
    who = os.getuid(), os.getgid(), os.geteuid()
    private()
    assert (os.getuid(), os.getgid(), os.geteuid()) == who
    for path in (mine, others):
        assert path.read_text() == "x"
        path.write_text("y")
    assert mine.stat().st_uid == who[0]
    (tmp_path / "new").write_text("z")
    assert (tmp_path / "new").stat().st_uid == who[0]
    if who[0] == 0:
        assert others.stat().st_uid == 12345
        assert Path("/etc/shadow").read_bytes()
    others.unlink()


def test_network_of_a_check():
    """Each check has a fresh network with the port free; the listener of the one before is not there."""
    try:
        network = Network(private=True)
    except GraderError as error:
        pytest.skip(str(error))
    assert network.private
    for _ in range(2):
        with network.for_one_check(PORT):
            network.require_free(PORT)
            assert refusal("127.0.0.1") == errno.ECONNREFUSED
            reporter().detach()


def test_shared_network_names_who_holds_the_port(private):
    """On a shared network the holder of the port is named with its process and how it was called."""
    private()
    server = reporter()
    network = Network(private=False)
    assert not network.private
    with pytest.raises(GraderError) as caught:
        network.require_free(PORT)
    assert f"port {PORT} is taken by process {os.getpid()} (" in str(caught.value)
    server.close()
    network.require_free(PORT)


def test_one_check_at_a_time_on_a_shared_port():
    """On a shared network two checks of the same user do not run at once on the same port."""
    lock = Path(f"/tmp/chatgrade-{os.getuid()}-{PORT}.lock")
    with Network(private=False).for_one_check(PORT):
        with lock.open("a") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with Network(private=False).for_one_check(PORT + 1):
            pass
    with lock.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_lan_address_of_a_shared_network():
    """The machine's own address on a shared network is one it can listen on, and is not 127.0.0.1 on Linux."""
    address = Network.lan_address()
    assert address != "127.0.0.1"
    reporter(address, 0).close()


def test_what_an_ended_connection_holds():
    """A port that ended connections still hold on a shared network is known to be so; a private one is always free."""
    try:
        own = Network(private=True)
    except GraderError as error:
        pytest.skip(str(error))
    with reporter() as server, socket.create_connection(("127.0.0.1", PORT)) as client:
        connection, _ = server.accept()
        connection.close()  # first: this end will linger
        assert client.recv(1) == b""
    assert Network(private=False).lingers(PORT)
    with own.for_one_check(PORT):
        assert not own.lingers(PORT)
