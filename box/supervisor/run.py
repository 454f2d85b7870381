"""One claimed attempt whose script was started: ends it when its time is over, and tells how it ended."""
from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable

from boxlock import BoxLock
from claim import Granted, Settings
from control import Control
from ending import read_status
from guardlink import GuardLink
from lines import OUTPUT, STDERR, STDOUT
from inbox import Inbox
from mask import Masker
from phases import Phases
from reader import Clock, Reader
from sender import Sender
from spool import Spool
from start import NotStarted, Started
from wire import Http
from workplace import note_exit


class Run:
    """Everything is decided in the main thread; the other threads post what they learn."""

    def __init__(self, directory: str, settings: Settings, granted: Granted, http: Http, started: Started | NotStarted):
        order = granted.order
        self.directory, self.settings, self.order, self.http = directory, settings, order, http
        self.spool = Spool(directory, order["spoolBytes"])
        self.selector = selectors.DefaultSelector()
        self.masker = Masker.of(settings.environment, granted.secrets)
        self.reader = Reader(self.selector, self.spool, Clock(order["now"], granted.sent, granted.received), self.masker)
        self.phases = Phases(Http(settings.url, http.token, settings.ca), self._masked)
        self.inbox = Inbox()
        self.started = started
        self.guard: GuardLink | None = None
        self.grace = order["graceSeconds"]
        self.deadline = granted.received + order["remainingSeconds"]
        self.ended_by: str | None = None
        self.error: str | None = None
        self.exited = self.over = False
        self.leftovers: list[str] = []
        self.uploads_stopped: str | None = None
        self.artifacts = None

    def run(self) -> None:
        """Returns when `done` was answered, or when the attempt turned out to be no longer ours and its script was ended."""
        self._start_threads()
        if isinstance(self.started, NotStarted):
            self.ended_by = self.started.ended_by
            self._tell_exit(None, None, 0, self.started.why)
            self._quiet([])
        else:
            self._follow(self.started)
        self.selector.register(self.inbox.fd, selectors.EVENT_READ, self.inbox.take)
        while not self.over:
            for key, _ in self.selector.select(self._seconds_to_wait()):
                key.data()
            self._do_what_is_due()

    def _follow(self, started: Started) -> None:
        guard, self.began_ns = started.guard, started.began_ns
        self.guard = guard
        for fd, stream in ((started.stdout, STDOUT), (started.stderr, STDERR), (started.channel, OUTPUT)):
            self.reader.add(fd, stream)
        self.selector.register(guard.channel, selectors.EVENT_READ, lambda: self._hear(guard, guard.receive()))

    def _start_threads(self) -> None:
        post = self.inbox.post
        self.sender = Sender(self.http, self.spool, finished=lambda gone: post(self._sent, gone))
        self.sender.start()
        Control(Http(self.settings.url, self.http.token, self.settings.ca), self.order["control"]["version"],
                changed=lambda state: post(self._controlled, state), gone=lambda why: post(self._gone, why)).start()
        if self.order["lock"]:
            BoxLock(self.order["lock"], lost=lambda why: post(lambda why: self._end("outside", self.grace, why), why)).start()

    def _controlled(self, state: dict) -> None:
        if state.get("remainingSeconds") is not None:
            self.deadline = time.monotonic() + state["remainingSeconds"]
        if stop := state.get("stop"):
            self._stop_uploads(f"the uploads were stopped ({stop.get('reason') or 'by the server'})")
            self._end("cancel", 0)
        elif state.get("cancel"):
            self._end("deadline" if time.monotonic() >= self.deadline else "cancel", self.grace)
        self.sender.tell_heard(state["version"])

    def _gone(self, why: str) -> None:
        """The attempt is not ours any more: nothing is told from here on, but the script must not go on."""
        print(f"leaving: {why}", flush=True)
        self.sender.stop()
        self._end("cancel", self.grace)
        self.over = self.guard is None or self.guard.quiet

    def _sent(self, gone: str | None) -> None:
        if gone is not None:
            self._gone(gone)
        self.over = self.over or gone is None

    def _end(self, ended_by: str, grace_seconds: float, error: str | None = None) -> None:
        """Ends everything that runs. The first reason counts; a shorter grace may follow."""
        if not self.exited and self.ended_by is None:
            self.ended_by, self.error = ended_by, error
        if self.guard is not None:
            self.guard.end(grace_seconds)

    def _hear(self, guard: GuardLink, messages: list[dict]) -> None:
        if guard.guard_died or guard.quiet:
            if guard.channel.fileno() >= 0:
                self.selector.unregister(guard.channel)
                guard.channel.close()
        for message in messages:
            if "phase" in message:
                self.phases.tell(message["phase"])
            elif "started" in message:
                self.reader.last_output = time.monotonic()  # its silence counts from now
            elif "failed" in message:
                self.phases.wait()
                self._tell_exit(None, None, 0, " ".join(filter(None, (message["failed"], self.error))))
            elif "exited" in message:
                self._script_exited(guard, message["exited"], message["durationMs"])
            elif "quiet" in message:
                self._quiet(message["leftovers"])

    def _script_exited(self, guard: GuardLink, status: int, duration_ms: int) -> None:
        code, signal_name, outside = read_status(status)
        if signal_name and guard.guard_died and self.ended_by is None:
            self.ended_by, self.error = "outside", "The process that guards the script was killed."
        elif outside and self.ended_by is None:
            self.ended_by = "outside"
        self._tell_exit(code, signal_name, duration_ms, self.error)

    def _tell_exit(self, code: int | None, signal_name: str | None, duration_ms: int, error: str | None) -> None:
        self.exited = True
        told = {"exitCode": code, "signal": signal_name, "endedBy": self.ended_by or "script", "durationMs": duration_ms}
        error = self._masked(error)[:2000] if error else None  # the server counts UTF-16 units, up to 4 000
        if error:
            told["error"] = error
        note_exit(self.directory, told)
        self.sender.tell_exit(told)

    def _quiet(self, leftovers: list[str]) -> None:
        """Nothing of the script is left: what the pipes still hold is all there will be."""
        if not self.exited:  # whoever knew how the script ended was killed
            self._tell_exit(None, None, 0, "It is not known how the script ended: the process that guards it was killed.")
        self.reader.finish()
        self.phases.wait()
        self.leftovers = [self.masker.mask_start(command) for command in leftovers] if self.masker else leftovers
        self.over = self.sender.stopped
        if self.over or not self.order.get("artifacts") or self.guard is None or self.guard.script_pid is None:
            return self._uploaded(None)
        from artifacts import Artifacts
        self.artifacts = Artifacts(self, finished=lambda gone: self.inbox.post(self._uploaded, gone))
        if self.uploads_stopped:
            self.artifacts.stop(self.uploads_stopped)
        self.artifacts.start()

    def _uploaded(self, gone: str | None) -> None:
        """Every file of the job is where it belongs, or was told of."""
        self._gone(gone) if gone else self.sender.tell_done(self.leftovers)

    def _stop_uploads(self, why: str) -> None:
        self.uploads_stopped = self.uploads_stopped or why
        if self.artifacts is not None:
            self.artifacts.stop(why)

    def _masked(self, text: str) -> str:
        return self.masker.mask_text(text) if self.masker else text

    def _times(self) -> list[tuple[float, Callable[[], None]]]:
        """What becomes due, and when."""
        times = []
        if (flush_at := self.reader.flush_at()) is not None:
            times.append((flush_at, lambda: self.reader.flush(time.monotonic())))
        guard = self.guard
        if guard is not None and guard.step_at is not None:
            times.append((guard.step_at, lambda: self._hear(guard, guard.step())))
        if not self.exited and self.ended_by is None:
            times.append((self.deadline, lambda: self._end("deadline", self.grace)))
            if guard and guard.script_pid and (patience := self.order["noOutputTimeoutSeconds"]):
                times.append((self.reader.last_output + patience, lambda: self._end("no_output", self.grace)))
        return times

    def _seconds_to_wait(self) -> float | None:
        times = [when for when, _ in self._times()]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for what in [what for when, what in self._times() if when <= now]:
            what()
