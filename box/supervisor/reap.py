"""The reap: looks on the box for what is left of one attempt, ends it, recovers what its supervisor had not told, removes its
directory, and prints a verdict as one JSON line (docs/box-api.md, "The reap").

Runs by itself, as a module upload. Nothing is touched while the attempt's supervisor lives (it is the one to ask then), and no
process is ended when `alone` is false: the box was given to another attempt. It finds processes by this attempt's own tag, ids
and directory, never by name, and never ends itself.
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

sys.dont_write_bytecode = True

from processes import PR_SET_DUMPABLE, prctl, send  # noqa: E402
from recover import Recovery  # noqa: E402
from wire import Http  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
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
            self.cwd = os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
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


def end(attempt: Attempt, grace_seconds: float) -> tuple[int, bool]:
    """SIGTERM, after the grace SIGKILL, guards last. Returns how many processes were found, and whether all are gone."""
    began, seen = time.monotonic(), set()
    while left := attempt.left():
        waited = time.monotonic() - began
        guards = {pid for pid, process in left.items() if attempt.is_guard(process)}
        rest = left.keys() - guards
        if waited > grace_seconds + KILL_SECONDS:
            break
        if waited > grace_seconds:
            send(rest or guards, signal.SIGKILL)
        else:
            send(rest - seen, signal.SIGTERM)
        seen |= rest
        time.sleep(0.05)
    return len(seen), not left


def take_order() -> dict:
    """Reads what is asked, and deletes it: the run token shall be readable for a moment only."""
    prctl(PR_SET_DUMPABLE, 0)
    path = os.path.join(HERE, "reap.json")
    with open(path, "rb") as file:
        asked = json.load(file)
    os.unlink(path)
    return asked


def recover(attempt: Attempt, asked: dict) -> dict:
    """Tells what the supervisor had not told, and removes what it left, unless that is still wanted."""
    recovery = Recovery(Http(asked["url"], asked["runToken"], asked.get("ca")), asked["patienceSeconds"])
    directories = attempt.directories()
    logs = [tail(os.path.join(directory, "supervisor.log")) for directory in directories]
    for directory in directories:
        recovery.recover(directory)
    if recovery.told or asked.get("discard"):
        for directory in directories:
            shutil.rmtree(directory, ignore_errors=True)
    removed = bool(directories) and not attempt.directories()
    return {"told": recovery.told, "lines": recovery.lines, "lost": recovery.lost, "removed": removed, "log": "".join(logs)}


def tail(path: str) -> str:
    """The end of what a supervisor said of its own troubles."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 1000))
            return file.read(1000).decode("utf-8", "replace")
    except OSError:
        return ""


def main() -> None:
    asked = take_order()
    attempt = Attempt(asked)
    with open("/proc/sys/kernel/random/boot_id") as file:
        verdict: dict = {"bootId": file.read().strip(), "lagerBoxId": os.environ.get("LAGER_BOX_ID", "unknown")}
    left = attempt.left()
    if any(attempt.is_ours(process) and not attempt.is_guard(process) for process in left.values()):
        verdict["supervisor"] = "alive"
    else:
        ended, quiet = end(attempt, asked["graceSeconds"]) if asked["alone"] else (0, not left)
        verdict.update(supervisor="gone", ended=ended, quiet=quiet)
        if quiet:
            verdict.update(recover(attempt, asked))
    print(json.dumps(verdict), flush=True)


if __name__ == "__main__":
    main()
