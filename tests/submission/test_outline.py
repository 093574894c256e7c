"""The outline of a student's source, made in a small process of its own: hostile source costs little and breaks nothing."""

from __future__ import annotations

import os

import pytest

from grader.submission.outline import outline

CLIENT = '''\
import socket
import threading


# Prints whatever comes
# until the end.
def listen(sock):
    """Doc."""
    while True:
        data = sock.recv(1024)
        print(data.decode())


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while True:
        sock.sendall(input("> ").encode())


main()
'''


def outlined(tmp_path, source: str | bytes):
    """The outline of this source."""
    path = tmp_path / "client.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return outline(path, seconds=2)


def test_functions(tmp_path):
    """Each function has its lines, its comment, whether it loops, and whether it runs beside the rest."""
    _, main, listen = sorted(outlined(tmp_path, CLIENT).functions, key=lambda one: (one.name != "", one.name != "main"))
    assert (listen.name, listen.line, listen.end) == ("listen", 7, 11)
    assert (listen.is_thread, listen.loops, main.is_thread) == (True, True, False)
    assert listen.comment == "Prints whatever comes\nuntil the end.\nDoc."


@pytest.mark.machine
def test_a_large_grader_is_no_hindrance(tmp_path):
    """The bounds are on what reading the source takes, not on what the process that asks holds already."""
    held = bytearray(600 << 20)
    assert outlined(tmp_path, CLIENT).functions
    del held


def test_calls(tmp_path):
    """A call has its name, line and arguments as they stand in the source."""
    [call] = [call for call in outlined(tmp_path, CLIENT).calls() if call.name == "sendall"]
    assert (call.line, call.text) == (18, 'sock.sendall(input("> ").encode())')
    assert call.arguments == ['input("> ").encode()']


@pytest.mark.parametrize(
    "target",
    [
        "threading.Thread(target=self.work)",
        "Thread(None, target=work, daemon=True)",
        "pool.submit(work, 1)",
        "asyncio.create_task(work())",
        "_thread.start_new_thread(work, ())",
        "asyncio.gather(work(), other())",
    ],
)
def test_what_runs_beside_the_rest(tmp_path, target):
    """A function that is handed to a thread, a pool or a task is known as one."""
    found = outlined(tmp_path, f"def work(): pass\ndef other(): pass\ndef idle(): pass\n{target}\n")
    assert {one.name: one.is_thread for one in found.functions}["work"]
    assert not {one.name: one.is_thread for one in found.functions}["idle"]


HOSTILE: dict[str, str | bytes] = {
    "a syntax error": "def f(:\n",
    "deep brackets": "(" * 100_000,
    "deep unary operators": "-" * 200_000 + "1",
    "deep attributes": "a" + ".a" * 100_000,
    "many brackets": "[" * 90 + "]" * 90,
    "NUL": b"x = 1\0\n",
    "another encoding": "# coding: nonsense\nx = 1\n",
    "too large": "#" * 500_000,
    "huge numbers": "x = 10 ** 10 ** 10\n",
    "endless string": '"' + "x" * 300_000,
    "binary": bytes(range(256)) * 100,
    "costly": "x = " + "+".join(["(lambda: [1, 2, {3: 4}])()"] * 12_000),
}


@pytest.mark.own_process
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_source(tmp_path, name):
    """Whatever the source is, there is an outline or none, soon, and no process is left."""
    found = outlined(tmp_path, HOSTILE[name])
    assert found is None or found.functions
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_no_such_file(tmp_path):
    """A file that cannot be read has no outline."""
    assert outline(tmp_path / "nothing.py") is None


def test_byte_order_mark_and_windows_lines(tmp_path):
    """Such source is outlined with the right lines and texts."""
    source = b"\xef\xbb\xbf" + CLIENT.replace("\n", "\r\n").encode()
    [call] = [call for call in outlined(tmp_path, source).calls() if call.name == "sendall"]
    assert (call.line, call.arguments) == (18, ['input("> ").encode()'])
