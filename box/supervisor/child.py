"""The guard's children: the one that installs what a script needs, and then the script. Functions here run in the forked child and
never return."""
from __future__ import annotations

import json
import os
import signal
import sys
import time

import dependencies
import processes


class Script:
    """What to run: `python3 -u main.py args…` in `directory`, with exactly this environment, once `plan` is installed."""

    def __init__(self, directory: str, args: list[str], environment: dict[bytes, bytes], tag: str, grace_seconds: float,
                 plan: dependencies.Plan | None = None):
        self.directory, self.args, self.environment, self.plan = directory, args, environment, plan
        self.tag, self.grace_seconds = b"LAGER_PROCESS_ID=" + tag.encode(), grace_seconds


class Installation:
    """The guard's end of the child that installs. Begins with it."""

    def __init__(self, script: Script, plan: dependencies.Plan, stdout: int, stderr: int):
        self.began = time.monotonic()
        self.told, result = os.pipe()
        guard = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            become_installer(script, plan, guard, result, stdout, stderr)
        os.close(result)

    def ended(self, status: int) -> tuple[dict, str | None]:
        """What to tell of the phase, and the directory for PYTHONPATH, or None and an `error` in the phase."""
        duration_ms = round((time.monotonic() - self.began) * 1000)
        data = os.read(self.told, 65536)
        os.close(self.told)
        if data and "error" not in (outcome := json.loads(data)):
            phase = {"event": "dependencies_installed", "durationMs": duration_ms, "cached": outcome["cached"]}
            return phase, outcome["directory"]
        killed = f"the installation was ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "it was ended"
        error = (json.loads(data)["error"] if data else killed)[:4000]
        return {"event": "dependencies_failed", "durationMs": duration_ms, "error": error}, None


def become_script(script: Script, guard: int, failed: int, stdout: int, stderr: int) -> None:
    """Ends in exec, or writes to `failed` why not."""
    try:
        _leave(script, guard, stdout, stderr)
        os.execve(sys.executable, [sys.executable, "-u", "main.py", *script.args], script.environment)
    except BaseException as problem:
        os.write(failed, f"the script could not be started: {problem}".encode()[:4000])
    os._exit(1)


def become_installer(script: Script, plan: dependencies.Plan, guard: int, result: int, stdout: int, stderr: int) -> None:
    """Installs and writes one JSON object to `result`: the `directory` and whether it was `cached`, or the `error`. Its name
    stays the guard's, so that a reap takes it for one."""
    try:
        _leave(script, guard, stdout, stderr)
        os.closerange(3, result)
        os.closerange(result + 1, 1024)
        directory, cached = dependencies.install(plan)
        told = {"directory": directory, "cached": cached}
    except dependencies.Failed as problem:
        told = {"error": str(problem)}
    except BaseException as problem:
        told = {"error": repr(problem)}
    os.write(result, json.dumps(told).encode())
    os._exit(0)


def _leave(script: Script, guard: int, stdout: int, stderr: int) -> None:
    """Makes a forked child what a script expects to be: a session of its own, the three streams, default signals, its directory.
    It dies with the guard."""
    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(1)  # the guard died before the line above could tell
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for fd, number in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(fd, number)
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.chdir(script.directory)
