"""Finding and ending processes by descent and by tag, never by name. Linux only."""
from __future__ import annotations

import functools
import os
import signal

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 4, 15, 36


#: What a script of the same user may send to its parents. Only SIGKILL and SIGSTOP shall have an effect.
UNHEEDED = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGALRM, signal.SIGTSTP,
            signal.SIGTTIN, signal.SIGTTOU, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR}
#: Python ignores them, here as in a script.
PYTHONS_OWN = {signal.SIGPIPE, signal.SIGXFSZ}


@functools.cache
def _libc():
    import ctypes
    return ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int | bytes) -> None:
    import ctypes
    argument = value if isinstance(value, bytes) else ctypes.c_ulong(value)
    if _libc().prctl(option, argument, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def harden(name: str) -> None:
    """Hides memory, environment and descriptors from other processes of the same user, adopts orphans of descendants, and
    takes a name by which a reap tells supervisor and guard apart."""
    prctl(PR_SET_DUMPABLE, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_NAME, name.encode())


def catch_signals() -> None:
    """Has no signal end this process, or stop it. They are caught, not ignored, and what this process was told to ignore is not any
    more: a program that is executed below would go on ignoring, but finds the default in place of what was caught."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP} - PYTHONS_OWN:
        signal.signal(number, _nothing if number in UNHEEDED else signal.SIG_DFL)


def _nothing(*_: object) -> None:
    pass


def parents() -> dict[int, int]:
    """The parent of every process, zombies included."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    found[int(name)] = int(stat.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                pass  # it ended meanwhile
    return found


def descendants(root: int) -> set[int]:
    """All processes below `root`. Complete only when `root` is a subreaper; a burst of forks may need another look."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found, todo = set(), [root]
    while todo:
        for pid in children.get(todo.pop(), ()):
            if pid not in found:
                found.add(pid)
                todo.append(pid)
    return found


def tagged(entry: bytes) -> set[int]:
    """Processes with exactly this NAME=value in the environment that they were started with, this one apart."""
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as environ:
                    if entry in environ.read().split(b"\0"):
                        found.add(int(name))
            except OSError:
                pass  # it ended meanwhile, or belongs to somebody else
    return found


def send(pids: set[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass  # it ended meanwhile


def command_of(pid: int) -> str:
    """The command line of a process, shortened, for people."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            return cmdline.read(300).replace(b"\0", b" ").decode("utf-8", "replace").strip()[:200]
    except OSError:
        return ""
