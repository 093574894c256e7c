"""Programs in a sandbox, started by one user or another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from grader.model.limits import Limits
from grader.programs.program import Program, Programs
from grader.system import syscalls

OWN = getattr(sys, "_base_executable", sys.executable)
SYSTEM = "/usr/bin/python3"
USUAL, SMALL = Limits(), Limits(memory=256, processes=20, cpu=1, file_size=2, disk=8, files=50, open_files=30)
USERS = ["as we are", "root", "ordinary"]


def become(user: str) -> str:
    """Be this user from now on; the Python that it may run."""
    if user == "as we are":
        return OWN
    if os.getuid() != 0 or not Path(SYSTEM).exists():
        pytest.skip("only root can be two users, and both need the system's Python")
    if user == "ordinary":
        os.setgroups([])
        os.setresgid(4321, 4321, 4321)
        os.setresuid(4321, 4321, 4321)
        syscalls.stay_readable()
    return SYSTEM


def begun(programs: Programs, folder: Path, code: str, console=None, **files: str) -> Program:
    """A program that has been started."""
    for name, text in {"program": code, **files}.items():
        (folder / f"{name}.py").write_text(text)
    return programs.start(folder / "program.py", console=console)


HONEST = {
    "localhost": ("import socket; print(socket.gethostbyname('localhost'))", "127.0.0.1"),
    "its own name": ("import socket; print(socket.gethostbyname(socket.gethostname()))", "10.0.0.9"),
    "getaddrinfo": ("import socket; print(socket.getaddrinfo('localhost', 80)[0][4][0] in ('127.0.0.1', '::1'))", "True"),
    "its user": ("import getpass, os, pwd; print(getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name)", "student student"),
    "a home": ("import os; print(os.access(os.path.expanduser('~'), os.W_OK))", "True"),
    "a log beside it": ("open('log.txt', 'a').write('x'); print(open('log.txt').read())", "x"),
    "a temporary file": ("import tempfile; f = tempfile.NamedTemporaryFile(); f.write(b'x'); print('made')", "made"),
    "its modules": (
        "import sys; sys.dont_write_bytecode = False\nimport other, os; print(os.listdir('__pycache__') != [])", "True"
    ),
    "245 threads": (
        "import threading\nstop = threading.Event()\nfor _ in range(245): threading.Thread(target=stop.wait).start()\n"
        "print(threading.active_count())\nstop.set()", "246",
    ),
    "deep recursion": ("import sys\nsys.setrecursionlimit(20000)\nf = lambda n: n and f(n - 1)\nprint(f(10000))", "0"),
    "other processes": (
        "import multiprocessing as m\nif __name__ == '__main__':\n p = m.Process(target=print, args=('hi',)); p.start()\n"
        " p.join()",
        "hi",
    ),
    "shared memory": (
        "from multiprocessing import shared_memory as s\nm = s.SharedMemory(create=True, size=100)\nprint(m.size)\nm.unlink()",
        "100",
    ),
    "a command": ("import subprocess; print(subprocess.run(['echo', 'hi'], stdout=subprocess.PIPE).stdout.decode())", "hi"),
    "a locale": (
        "import locale, sys; locale.setlocale(locale.LC_ALL, ''); print('\\u00fc', sys.stdout.encoding)", "\u00fc utf-8"
    ),
    "asyncio": ("import asyncio\nasync def f(): await asyncio.sleep(0); print('done')\nasyncio.run(f())", "done"),
    "interfaces": ("import socket; print([name for _, name in socket.if_nameindex()])", "['lo']"),
    "random bytes and the time": ("import os, time; print(len(os.urandom(4)), time.localtime().tm_year > 2000)", "4 True"),
    "ssl": ("import ssl, hashlib, sqlite3, ctypes; print('there')", "there"),
}  # fmt: skip
