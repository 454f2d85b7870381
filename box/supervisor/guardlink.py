"""The supervisor's end of its guard: asks it to end things, hears what happened, and does its work when a script killed it."""
from __future__ import annotations

import json
import os
import signal
import socket
import time

import processes

#: A guard that is not through so long after the last grace ended was stopped or is stuck.
PATIENCE_SECONDS = 10.0
STEP_SECONDS = 0.05


class GuardLink:
    """`channel` is readable when there is something to `receive`; `step_at` is when `step` is due, None when it is not. Both return
    messages: `phase`, `forked`, `started`, `failed`, `exited` (wait status) with `durationMs`, and `quiet` with `leftovers` as the last."""

    def __init__(self, pid: int, channel: socket.socket, tag: str):
        self.pid, self.channel, self.tag = pid, channel, b"LAGER_PROCESS_ID=" + tag.encode()
        self.forked_pid: int | None = None
        self.script_pid: int | None = None
        self.started_at = time.monotonic()
        self.quiet = self.guard_died = False
        self.step_at: float | None = None

    def end(self, grace_seconds: float) -> None:
        """SIGTERM to the script and all its descendants now, SIGKILL after the grace. Never waits."""
        if self.guard_died or self.quiet:
            return
        latest = time.monotonic() + grace_seconds + PATIENCE_SECONDS
        self.step_at = min(latest, self.step_at or latest)
        try:
            self.channel.send(json.dumps({"end": grace_seconds}).encode(), socket.MSG_DONTWAIT)
        except OSError:
            pass  # it died, which `receive` notices, or hangs, which `step` does

    def receive(self) -> list[dict]:
        try:
            data = self.channel.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.guard_died = True
            self.step_at = time.monotonic()
            return []
        message = json.loads(data)
        if "forked" in message:
            self.forked_pid = message["forked"]
        if "started" in message:
            self.script_pid = message["started"]
        self.quiet = self.quiet or "quiet" in message
        return [message]

    def step(self) -> list[dict]:
        """Ends a guard that hangs; then, as the next subreaper above, ends what it leaves, until nothing is left."""
        if self.quiet:
            self.step_at = None
            return []
        self.step_at = time.monotonic() + STEP_SECONDS
        if not self.guard_died:
            processes.send({self.pid}, signal.SIGKILL)
            return []
        processes.send(processes.descendants(os.getpid()) | processes.tagged(self.tag), signal.SIGKILL)
        messages, no_children = self._reap()
        if no_children and not processes.tagged(self.tag):
            self.quiet, self.step_at = True, None
            messages.append({"quiet": True, "leftovers": []})
        return messages

    def _reap(self) -> tuple[list[dict], bool]:
        messages = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return messages, True
            if pid == 0:
                return messages, False
            if pid == self.forked_pid:
                self.script_pid = pid  # it may have killed the guard before that could say that it runs
                messages.append({"exited": status, "durationMs": round((time.monotonic() - self.started_at) * 1000)})
