"""Takes memory that belongs to no process, 1 GB of each kind, and gives it back."""

import ctypes
import mmap
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


def shared_map():
    """Each of eight maps in a child of its own."""
    children = []
    for _ in range(8):
        pid = os.fork()
        if pid == 0:
            try:
                with mmap.mmap(-1, GIGABYTE // 8) as part:
                    for start in range(0, len(part), 4096):
                        part[start] = 1
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(pid)
        if os.waitpid(pid, 0)[1]:
            return None
    return None  # one after another, as each let go: harmless


attempt("memfd", lambda: fill(os.memfd_create("big")))
attempt("System V shared memory", system_v)
attempt("a shared map of many", shared_map)
attempt("/dev/shm", in_dev_shm)
serve()
