"""What comes before a script, each step in a child of the guard: its bundle is fetched and unpacked, its dependencies are installed."""
from __future__ import annotations

import json
import os
import signal
import sys
import time

import dependencies
from bundle import Bundle, unpack
from child import Script, leave
from dependencies import Plan


class Preparation:
    """The guard's end of a child that prepares something. Begins with it. `doing` says what, for people."""

    doing = ""
    #: The phase that is told when it begins.
    begins: dict | None = None

    def __init__(self, script: Script, stdout: int, stderr: int):
        self.began, self.script = time.monotonic(), script
        self.told, result = os.pipe()
        guard = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            become_preparer(self, guard, result, stdout, stderr)
        os.close(result)

    def work(self, note) -> dict:
        """What the child does; returns what came of it. `note` may be called with words about trouble meanwhile."""
        raise NotImplementedError

    def ended(self, status: int) -> tuple[dict | None, str | None]:
        """A phase to tell, if any, and why the script can't be started, if so."""
        raise NotImplementedError

    def outcome(self, status: int) -> dict:
        """What the child said last. With `error` when it did not get to its end."""
        with open(self.told, "rb") as file:
            lines = [json.loads(line) for line in file.read().splitlines()]
        if lines and "trouble" not in lines[-1]:
            return lines[-1]
        if lines:
            self.doing += f" (the last trouble: {lines[-1]['trouble']})"
        return {"error": f"it was ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "it was ended"}


class Unpacking(Preparation):
    doing = "its bundle was being fetched and unpacked"

    def __init__(self, script: Script, bundle: Bundle, stdout: int, stderr: int):
        self.bundle = bundle
        script.bundle = None
        super().__init__(script, stdout, stderr)

    def work(self, note) -> dict:
        import io

        bundle = self.bundle
        if bundle.content is None:
            from fetch import open_bundle
            content = open(open_bundle(bundle, note), "rb")
        else:
            import hashlib
            if hashlib.sha256(bundle.content).hexdigest() != bundle.sha256:
                raise dependencies.Failed("it arrived damaged (its hash differs)")
            content = io.BytesIO(bundle.content)
        unpack(content, self.script.directory, bundle.entry)
        return {}

    def ended(self, status: int) -> tuple[dict | None, str | None]:
        outcome = self.outcome(status)
        return None, f"The script could not be started: {outcome['error']}" if "error" in outcome else None


class Installation(Preparation):
    doing = "its dependencies were being installed"
    begins = {"event": "dependencies_installing"}

    def __init__(self, script: Script, plan: Plan, stdout: int, stderr: int):
        self.plan = plan
        script.plan = None
        super().__init__(script, stdout, stderr)

    def work(self, note) -> dict:
        directory, cached = dependencies.install(self.plan)
        return {"directory": directory, "cached": cached}

    def ended(self, status: int) -> tuple[dict | None, str | None]:
        duration_ms = round((time.monotonic() - self.began) * 1000)
        outcome = self.outcome(status)
        if "error" in outcome:
            phase = {"event": "dependencies_failed", "durationMs": duration_ms, "error": outcome["error"][:4000]}
            return phase, f"The dependencies could not be installed: {outcome['error']}"
        environment, path = self.script.environment, os.fsencode(outcome["directory"])
        before = environment.get(b"PYTHONPATH")
        environment[b"PYTHONPATH"] = path + b":" + before if before else path
        return {"event": "dependencies_installed", "durationMs": duration_ms, "cached": outcome["cached"]}, None


def begin_next(script: Script, stdout: int, stderr: int) -> Preparation | None:
    """Begins what is to be done next before the script is started; None when it may be."""
    if script.bundle:
        return Unpacking(script, script.bundle, stdout, stderr)
    if script.plan and dependencies.is_needed(script.directory):
        return Installation(script, script.plan, stdout, stderr)
    return None


def heed_signals() -> None:
    """Ends what the guard does with signals."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)


def become_preparer(preparation: Preparation, guard: int, result: int, stdout: int, stderr: int) -> None:
    """Runs in the forked child and never returns: does the work and writes JSON objects to `result`, one a line. Its name stays
    the guard's, so that a reap takes it for one."""
    told: set[str] = set()

    def note(trouble: str) -> None:
        if trouble not in told and len(told) < 20:  # nobody reads before the end
            if not told:
                os.write(2, f"[stout] {trouble}; trying again\n".encode())
            told.add(trouble)
            os.write(result, json.dumps({"trouble": trouble[:1000]}).encode() + b"\n")
    try:
        leave(preparation.script, guard, stdout, stderr)
        heed_signals()
        os.closerange(3, result)
        os.closerange(result + 1, 1024)
        sys.stdout = None  # it is the script's
        outcome = preparation.work(note)
    except (dependencies.Failed, ValueError) as problem:
        outcome = {"error": str(problem)}
    except OSError as problem:
        outcome = {"error": problem.strerror or str(problem)}
    except BaseException as problem:
        outcome = {"error": repr(problem)}
    os.write(result, json.dumps({key: value[:4000] if key == "error" else value for key, value in outcome.items()}).encode() + b"\n")
    os._exit(0)
