"""Turns the machine's screws; what it opens it does not write."""

import ctypes
import glob
import os

from right_chat import attempt, serve

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUSER, NEWNET = 0x20000, 0x10000000, 0x40000000


def opened(*paths):
    reached = []
    for path in paths:
        try:
            os.close(os.open(path, os.O_WRONLY))
            reached.append(path)
        except OSError as problem:
            print(problem)
    return reached


def called(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True


def in_child(action):
    """So that a new namespace is not the server's."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if action() else 1)
        except BaseException as problem:
            print(problem, flush=True)
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def clone3():
    """A new user namespace by the newer call, which filters easily forget."""
    arguments = (ctypes.c_uint64 * 11)(NEWUSER, 0, 0, 0, 17)
    pid = libc.syscall(435, ctypes.byref(arguments), 88)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
    return pid > 0


def enter_network():
    handle = os.open("/proc/1/ns/net", os.O_RDONLY)
    return called(libc.setns(handle, NEWNET))


def may_gain_rights():
    with open("/proc/self/status") as file:
        return "NoNewPrivs:\t0" in file.read()


attempt("core_pattern", opened, "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname")
attempt("overcommit_memory", opened, "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/drop_caches", "/proc/sys/fs/file-max")
attempt("sysrq", opened, "/proc/sysrq-trigger", "/proc/sys/kernel/sysrq")
attempt("cgroups", opened, *glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)[:50])
attempt("host name", lambda: called(libc.sethostname(b"attacker", 8)))
attempt("mount", lambda: in_child(lambda: called(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))))
attempt("a new user namespace", lambda: in_child(lambda: called(libc.unshare(NEWUSER))))
attempt("clone3", clone3)
attempt("process 1's network", lambda: in_child(enter_network))
attempt("more rights by setuid programs", may_gain_rights)
attempt("chroot", lambda: in_child(lambda: os.chroot(".") is None))
serve()
