"""The reap: looks on the box for what is left of one attempt, ends it, and prints a verdict as one JSON line.

Runs by itself, as a script upload, with one argument: {"jobId", "attempt", "processId", "installation", "alone"}. Nothing is
touched while the attempt's supervisor lives (it is the one to ask then), nor when `alone` is false: another attempt works on the
box. It finds processes by this attempt's own tag, ids and directory, never by name, and never ends itself.
"""
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time

GRACE_SECONDS = 5.0
KILL_SECONDS = 5.0


class Process:
    """What /proc says of one process; whatever cannot be read is empty."""

    def __init__(self, pid: int):
        self.pid = pid
        stat = read(pid, "stat").rpartition(b")")
        self.comm = stat[0].partition(b"(")[2]
        fields = stat[2].split() or [b"?", b"0"]
        self.alive, self.parent = fields[0] not in (b"?", b"Z", b"X"), int(fields[1])
        self.argv = read(pid, "cmdline").split(b"\0")[:-1]
        self.environ = set(read(pid, "environ").split(b"\0"))
        try:
            self.cwd = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            self.cwd = ""


def read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


class Attempt:
    """Tells what belongs to the attempt."""

    def __init__(self, asked: dict):
        job_id, attempt = str(asked["jobId"]), str(asked["attempt"])
        self.name = re.compile(f"stout-{re.escape(job_id)}-{re.escape(attempt)}-[0-9a-f]{{12}}")
        self.tag = f"LAGER_PROCESS_ID={asked['processId']}".encode()
        self.ids = {f"STOUT_JOB_ID={job_id}".encode(), f"STOUT_ATTEMPT={attempt}".encode()}

    def directories(self) -> list[str]:
        top = tempfile.gettempdir()
        return [os.path.join(top, name) for name in os.listdir(top) if self.name.fullmatch(name)]

    def is_ours(self, process: Process) -> bool:
        """Supervisor and guard, by the command line that only the launcher gives."""
        return (len(process.argv) == 4 and process.argv[1:3] == [b"-I", b"-S"] and process.argv[3].endswith(b"/supervisor.py")
                and self.name.fullmatch(os.fsdecode(process.argv[3]).split("/")[-2]) is not None)

    def is_guard(self, process: Process) -> bool:
        return process.comm == b"stout-guard" and self.is_ours(process)

    def is_leftover(self, process: Process) -> bool:
        """The script and what it started, by tag, by ids, or by working in the attempt's directory."""
        return (self.tag in process.environ or self.ids <= process.environ
                or any(self.name.fullmatch(part) for part in process.cwd.split("/")))

    def left(self) -> dict[int, Process]:
        """Everything of the attempt that lives, with all descendants; by pid."""
        everything = {pid: Process(pid) for pid in map(int, filter(str.isdigit, os.listdir("/proc")))}
        mine = ancestry(everything, os.getpid())
        found = {pid for pid, process in everything.items() if self.is_leftover(process) or self.is_ours(process)}
        while more := {pid for pid, process in everything.items() if process.parent in found} - found:
            found |= more
        return {pid: everything[pid] for pid in found - mine if everything[pid].alive}


def ancestry(everything: dict[int, Process], pid: int) -> set[int]:
    """This process and all above it."""
    found = set()
    while pid in everything and pid not in found:
        found.add(pid)
        pid = everything[pid].parent
    return found


def end(attempt: Attempt) -> tuple[int, bool]:
    """SIGTERM, after the grace SIGKILL, guards last. Returns how many processes were found, and whether all are gone."""
    began, seen = time.monotonic(), set()
    while left := attempt.left():
        waited = time.monotonic() - began
        guards = {pid for pid, process in left.items() if attempt.is_guard(process)}
        rest = left.keys() - guards
        if waited > GRACE_SECONDS + KILL_SECONDS:
            break
        if waited > GRACE_SECONDS:
            send(rest or guards, signal.SIGKILL)
        else:
            send(rest - seen, signal.SIGTERM)
        seen |= rest
        time.sleep(0.05)
    return len(seen), not left


def send(pids: set[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass  # it ended meanwhile


def main() -> None:
    asked = json.loads(sys.argv[1])
    attempt = Attempt(asked)
    with open("/proc/sys/kernel/random/boot_id") as file:
        verdict: dict = {"supervisor": "gone", "bootId": file.read().strip()}
    left = attempt.left()
    if any(attempt.is_ours(process) and not attempt.is_guard(process) for process in left.values()):
        verdict["supervisor"] = "alive"
    elif not asked.get("alone"):
        verdict.update(ended=0, quiet=not left)
    else:
        ended, quiet = end(attempt)
        verdict.update(ended=ended, quiet=quiet)
        if quiet:
            for directory in attempt.directories():
                shutil.rmtree(directory, ignore_errors=True)
    print(json.dumps(verdict))


if __name__ == "__main__":
    main()
