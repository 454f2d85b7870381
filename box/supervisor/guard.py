"""The guard: a small single-threaded process between the supervisor and the script.

It forks the script, reaps everything that descends from it (as their subreaper also daemons that scrubbed their environment
and left their session), reports how the script ended, and ends all of them when it is asked to, when the script has ended, or
when the supervisor dies. Separate from the supervisor because PR_SET_PDEATHSIG fires when the forking *thread* ends, and
because forking beside threads can deadlock.
"""
from __future__ import annotations

import json
import os
import select
import signal
import socket
import time

import processes
from child import Script, become_script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from preparing import Preparation

#: What a script left behind may go on for so long of its own accord before it gets SIGTERM …
LINGER_SECONDS = 1.0
#: … and at most so long to heed it before it gets SIGKILL.
LEFTOVER_GRACE_SECONDS = 5.0


class Guard:
    """Speaks one JSON object a message on `channel`. Out: `phase` (as in POST /phase), `forked` (the script's process, said before anything
    of the script runs, which may kill this one), `started`, `failed`, `exited` (wait status), `quiet` (the last one). In: `end` (grace in seconds: SIGTERM now, SIGKILL after it). The end of the channel is the end of the
    supervisor."""

    def __init__(self, channel: socket.socket, script: Script, stdout: int, stderr: int):
        self.channel, self.script = channel, script
        self.stdout, self.stderr = stdout, stderr
        self.supervisor = os.getppid()
        self.preparation: Preparation | None = None
        self.script_pid: int | None = None
        self.terminate_at: float | None = None
        self.kill_at: float | None = None
        self.terminated: set[int] = set()
        self.leftovers: dict[int, str] = {}

    def run(self) -> None:
        processes.harden("stout-guard")
        woken = self._wake_on_signals()
        self._go_on()
        poll = select.poll()
        poll.register(self.channel, select.POLLIN)
        poll.register(woken, select.POLLIN)
        while not self._step():
            for fd, _ in poll.poll(self._milliseconds_to_wait()):
                if fd == woken:
                    os.read(woken, 4096)
                elif not self._obey():
                    poll.unregister(self.channel)
            if os.getppid() != self.supervisor:
                self._end(self.script.grace_seconds)
        self._say({"quiet": True, "leftovers": [command for command in self.leftovers.values() if command][:20]})

    def _wake_on_signals(self) -> int:
        """A descriptor that becomes readable when a child or the supervisor died."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGUSR1):
            signal.signal(number, lambda *_: None)
        processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGUSR1)
        return woken

    def _go_on(self) -> None:
        """Begins the next preparation, or the script when there is none left."""
        if self.script.bundle or self.script.plan:
            from preparing import begin_next
            self.preparation = begin_next(self.script, self.stdout, self.stderr)
        if self.preparation is None:
            self._start()
        elif self.preparation.begins:
            self._say({"phase": self.preparation.begins})

    def _prepared(self, preparation: Preparation, status: int) -> None:
        """Goes on, or says why the script is not started."""
        self.preparation = None
        phase, problem = preparation.ended(status)
        if phase:
            self._say({"phase": phase})
        if self.kill_at is not None:
            problem = f"The script was not started: it was ended while {preparation.doing}."
        if problem is None:
            return self._go_on()
        for fd in (self.stdout, self.stderr):
            os.close(fd)
        self._say({"failed": problem[:4000]})

    def _start(self) -> None:
        self.started_at = time.monotonic()
        reason, failed = os.pipe()  # close-on-exec: ends when the script's python runs, or says why it does not
        known, tell = os.pipe()
        guard = os.getpid()
        pid = os.fork()
        if pid == 0:
            become_script(self.script, guard, failed, known, self.stdout, self.stderr)
        self._say({"forked": pid})
        os.write(tell, b".")
        for fd in (failed, known, tell, self.stdout, self.stderr):
            os.close(fd)
        problem = os.read(reason, 4096)
        os.close(reason)
        if problem:
            os.waitpid(pid, 0)
            self._say({"failed": problem.decode("utf-8", "replace")})
        else:
            self.script_pid = pid
            self._say({"started": pid})

    def _step(self) -> bool:
        """Reaps, and does what is due. True when nothing of the script is left."""
        no_children = self._reap()
        now = time.monotonic()
        working = self.script_pid is not None or self.preparation is not None
        if not working and self.kill_at is None:
            self.terminate_at = now + (0 if no_children else LINGER_SECONDS)
            self.kill_at = self.terminate_at + min(self.script.grace_seconds, LEFTOVER_GRACE_SECONDS)
        if not working and no_children and not processes.tagged(self.script.tag):
            return True
        if self.kill_at is not None and now >= self.kill_at:
            processes.send(self._living(), signal.SIGKILL)
        elif self.terminate_at is not None and now >= self.terminate_at:
            fresh = self._living() - self.terminated
            self.terminated |= fresh
            processes.send(fresh, signal.SIGTERM)
        return False

    def _living(self) -> set[int]:
        living = processes.descendants(os.getpid()) | processes.tagged(self.script.tag)
        if self.script_pid is None and self.preparation is None:
            for pid in living - self.leftovers.keys():
                self.leftovers[pid] = processes.command_of(pid)
        return living

    def _reap(self) -> bool:
        """Collects children that ended. True when there are none left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if self.preparation is not None and pid == self.preparation.pid:
                self._prepared(self.preparation, status)
            elif pid == self.script_pid:
                self.script_pid = None
                self._say({"exited": status, "durationMs": round((time.monotonic() - self.started_at) * 1000)})

    def _milliseconds_to_wait(self) -> int | None:
        if self.kill_at is None:
            return None
        due = self.terminate_at if self.terminate_at is not None and time.monotonic() < self.terminate_at else None
        return 50 if due is None else max(1, min(100, round((due - time.monotonic()) * 1000)))

    def _obey(self) -> bool:
        """Reads one message. False when the supervisor is gone."""
        try:
            message = self.channel.recv(4096)
        except OSError:
            message = b""
        self._end(json.loads(message)["end"] if message else self.script.grace_seconds)
        return bool(message)

    def _end(self, grace_seconds: float) -> None:
        now = time.monotonic()
        self.terminate_at = min(now, self.terminate_at or now)
        self.kill_at = min(now + grace_seconds, self.kill_at or now + grace_seconds)

    def _say(self, message: dict) -> None:
        try:
            self.channel.sendall(json.dumps(message).encode())
        except OSError:
            pass  # the supervisor is gone; ending what is left goes on
