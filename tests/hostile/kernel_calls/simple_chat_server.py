"""Calls the kernel where it is seldom called; all that comes of it is closed at once."""

import ctypes
import os
import platform

from right_chat import attempt, serve

libc = ctypes.CDLL(None, use_errno=True)
INTEL = platform.machine() == "x86_64"
NUMBERS = {  # x86_64, aarch64
    "add_key": (248, 217), "keyctl": (250, 219), "io_uring": (425, 425), "bpf": (321, 280), "perf": (298, 241),
    "userfaultfd": (323, 282), "memfd": (319, 279), "shmget": (29, 194), "kcmp": (312, 272), "a file handle": (304, 265),
}


def syscall(name, *arguments):
    result = libc.syscall(NUMBERS[name][not INTEL], *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return f"{result}"


def call(name, *arguments):
    attempt(name, syscall, name, *arguments)


ring = ctypes.create_string_buffer(256)
counter = ctypes.create_string_buffer(128)
counter[0:8] = (1).to_bytes(4, "little") + (128).to_bytes(4, "little")  # a software event of 128 bytes
program = ctypes.create_string_buffer(128)
program[0:12] = (2).to_bytes(4, "little") + (4).to_bytes(4, "little") * 2  # an array map: key 4, value 4 bytes
program[12:16] = (1).to_bytes(4, "little")
call("add_key", b"user", b"chatgrade", b"x", 1, -3)
call("keyctl", 0, -3, 1)
call("io_uring", 4, ring)
call("bpf", 0, program, 72)
call("perf", counter, 0, -1, -1, 0)
call("userfaultfd", 1)
call("memfd", b"x", 0)
call("shmget", 0, 4096, 0o1600)
call("kcmp", os.getpid(), os.getppid(), 1, 0, 0)
call("a file handle", -100, b"/", None, 0, 0)
serve()
