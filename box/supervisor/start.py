"""The start of a script: all that stands between the claim's answer and its first line, and nothing else.

Whatever is not needed for it is loaded afterwards, while the script's Python starts. That holds for `threading` above all: no thread may
exist when the guard is forked, and from its import on every fork takes milliseconds more.
"""
from __future__ import annotations

import os
import socket
import sys

from child import Script
from claim import Granted, Settings
from guard import Guard
from guardlink import GuardLink
from workplace import make_script, open_output_channel, wide_pipe


class Started:
    """The guard that starts the script, and the read ends of what the script writes to. `began_ns` is by the clock of the file system."""

    def __init__(self, guard: GuardLink, began_ns: int, stdout: int, stderr: int, channel: int):
        self.guard, self.began_ns = guard, began_ns
        self.stdout, self.stderr, self.channel = stdout, stderr, channel


class NotStarted:
    """`why` is for people. `ended_by` as in POST /exit."""

    def __init__(self, why: str, ended_by: str | None = None):
        self.why, self.ended_by = why, ended_by


def start(directory: str, settings: Settings, granted: Granted) -> Started | NotStarted:
    """Makes the script's place and forks the guard, which starts it."""
    control = granted.order["control"]
    if unwanted := control["stop"] or control["cancel"]:
        return NotStarted(f"The script was not started: {unwanted.get('reason') or 'cancelled'}", "cancel")
    try:
        script = make_script(directory, settings, granted)
        began_ns = os.stat(script.directory).st_ctime_ns
        channel = open_output_channel(directory)
        (out, out_write), (err, err_write) = wide_pipe(), wide_pipe()
        guard = GuardLink(*fork_guard(script, out_write, err_write), settings.process_id)
    except (OSError, ValueError) as problem:
        return NotStarted(f"The script could not be started: {problem}")
    settings.claim_token = ""  # the guard has it while it may need a fresh URL
    return Started(guard, began_ns, out, err, channel)


def fork_guard(script: Script, stdout: int, stderr: int) -> tuple[int, socket.socket]:
    """Forks the guard and returns its pid and the channel to it. Call it before any thread exists. Closes `stdout` and
    `stderr`, the write ends of the script's pipes, in the caller."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            keep = sorted((theirs.fileno(), stdout, stderr))
            for low, high in zip([2, *keep], [*keep, 1024]):
                os.closerange(low + 1, high)
            Guard(theirs, script, stdout, stderr).run()
            code = 0
        except BaseException as problem:
            sys.excepthook(type(problem), problem, problem.__traceback__)
        finally:
            os._exit(code)
    theirs.close()
    os.close(stdout)
    os.close(stderr)
    return pid, ours
