"""The script, from the guard's fork to its own first line. Functions here run in the forked child."""
from __future__ import annotations

import os
import signal
import sys

import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bundle import Bundle
    from dependencies import Plan


class Script:
    """What to run: `python3 -u entry args…` in `directory`, with exactly this environment, once `bundle` is unpacked there and what
    `plan` names is installed."""

    def __init__(self, directory: str, entry: str, args: list[str], environment: dict[bytes, bytes], tag: str, grace_seconds: float,
                 bundle: Bundle | None, plan: Plan | None):
        self.directory, self.entry, self.args, self.environment = directory, entry, args, environment
        self.tag, self.grace_seconds = b"LAGER_PROCESS_ID=" + tag.encode(), grace_seconds
        self.bundle, self.plan = bundle, plan


def become_script(script: Script, guard: int, failed: int, known: int, stdout: int, stderr: int) -> None:
    """Never returns. Ends in exec, once `known` has a byte, or writes to `failed` why not."""
    try:
        leave(script, guard, stdout, stderr)
        entry = script.entry if not script.entry.startswith("-") else f"./{script.entry}"  # no option of Python's
        os.read(known, 1)
        os.execve(sys.executable, [sys.executable, "-u", entry, *script.args], script.environment)
    except BaseException as problem:
        os.write(failed, f"the script could not be started: {problem}".encode()[:4000])
    os._exit(1)


def leave(script: Script, guard: int, stdout: int, stderr: int) -> None:
    """Makes a forked child what a script expects to be: a session of its own, the three streams, no signal blocked, its directory.
    It dies with the guard. Signals that are caught here have their default in a script."""
    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(1)  # the guard died before the line above could tell
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for fd, number in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(fd, number)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.chdir(script.directory)
