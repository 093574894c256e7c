"""Takes memory that belongs to no process, 1 GB of each kind, and gives it back."""

import ctypes
import os

from right_chat import attempt, serve

GIGABYTE, STEP = 1 << 30, b"x" * (16 << 20)
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p


def fill(descriptor):
    try:
        while os.fstat(descriptor).st_size < GIGABYTE:
            os.write(descriptor, STEP)
        return os.fstat(descriptor).st_size >> 20
    finally:
        print(f"{os.fstat(descriptor).st_size >> 20} MB", flush=True)
        os.ftruncate(descriptor, 0)
        os.close(descriptor)


def in_dev_shm():
    descriptor = os.open("/dev/shm/big", os.O_RDWR | os.O_CREAT, 0o600)
    os.unlink("/dev/shm/big")
    return fill(descriptor)


def system_v():
    """64 MB at a time, each part attached, filled, let go: it stays until removed."""
    parts = []
    try:
        while len(parts) < 16:
            part = libc.shmget(0, 64 << 20, 0o1600)
            if part < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            parts.append(part)
            place = libc.shmat(part, None, 0)
            ctypes.memset(place, 1, 64 << 20)
            libc.shmdt(ctypes.c_void_p(place))
        return len(parts) * 64
    finally:
        print(f"{len(parts) * 64} MB", flush=True)
        for part in parts:
            libc.shmctl(part, 0, None)


attempt("memfd", lambda: fill(os.memfd_create("big")))
attempt("System V shared memory", system_v)
attempt("/dev/shm", in_dev_shm)
serve()
