"""The sender: the one thread that tells the server what happened: log batches, the exit, and at the end `done`."""
from __future__ import annotations

import sys
import threading
import time
import zlib
from collections.abc import Callable

from lines import GAP, HEADER, STDOUT, encode
from spool import Spool
from wire import LEAVE, Answer, Gone, Http, Trouble, jittered

MAX_RECORDS, MAX_BYTES = 20_000, 1_000_000
#: After the first line of a spell, which leaves at once, batches leave this far apart at the least.
PACE_SECONDS = 0.02
#: After so much quiet an empty batch says that the supervisor lives.
CONTACT_SECONDS = 8.0
GZIP_FROM_BYTES = 32 << 10
LOST = b'{"lines": 1, "sizeBytes": 0, "why": "lost by the server after it was acknowledged"}'
DAMAGED = b'{"lines": 1, "sizeBytes": 0, "why": "damaged on the box before it was sent"}'
GAPS_AT_ONCE = 5000


class Sender(threading.Thread):
    """Sends until `done` was answered, retrying without end; calls `finished(None)` then, or `finished(reason)` when the server
    says that the attempt is no longer this supervisor's."""

    def __init__(self, http: Http, spool: Spool, finished: Callable[[str | None], None]):
        super().__init__(name="sender", daemon=True)
        self.http, self.spool, self.finished = http, spool, finished
        self.exit: dict | None = None
        self.exit_told = threading.Event()
        self.done: dict | None = None
        self.heard: int | None = None
        self.next = 1
        self.tries = 0
        self.last_sent = self.last_contact = time.monotonic()
        self.max_records, self.max_bytes = MAX_RECORDS, MAX_BYTES
        self.plain_batches = 0
        self.stopped = False

    def tell_exit(self, exit: dict) -> None:
        with self.spool.changed:
            self.exit = exit
            self.spool.changed.notify_all()

    def tell_heard(self, version: int) -> None:
        """Says by which control state this supervisor acts."""
        with self.spool.changed:
            self.heard = version
            self.spool.changed.notify_all()

    def tell_done(self, leftovers: list[str]) -> None:
        """Call it after the last line was appended. `done` is said once all lines are acknowledged."""
        with self.spool.changed:
            self.done = {"lastN": self.spool.next - 1, "leftovers": leftovers}
            self.spool.changed.notify_all()

    def stop(self) -> None:
        with self.spool.changed:
            self.stopped = True
            self.spool.changed.notify_all()

    def run(self) -> None:
        while not self.stopped:
            try:
                if self._send_next():
                    self.finished(None)
                    return
            except Gone as reason:
                self.finished(str(reason))
                return
            except Trouble as problem:
                self._trouble(problem)
            except Exception as problem:
                sys.excepthook(type(problem), problem, problem.__traceback__)
                self._trouble(None)

    def _trouble(self, problem: Trouble | None) -> None:
        if self.tries in (0, 10, 100) and problem:
            print(f"sender: {problem}; trying again", flush=True)
        self.next = self.spool.acked + 1
        self.tries += 1
        time.sleep(jittered(self.tries))

    def _send_next(self) -> bool:
        """Waits for something to say and says it. True after `done`."""
        with self.spool.changed:
            while not (what := self._due()):
                self.spool.changed.wait(max(0.01, self.last_contact + CONTACT_SECONDS - time.monotonic()))
            if self.stopped:
                return False
        exit, done = self.exit, self.done
        if what == "exit" and exit:
            self._post("/exit", exit)
            self.exit = None
            self.exit_told.set()
        elif what == "heard":
            told = self.heard
            self._answered(self.http.request("POST", "/heard", {"version": told}), accepted=(501,))
            if self.heard == told:
                self.heard = None
        elif what == "log":
            time.sleep(max(0.0, self.last_sent + PACE_SECONDS - time.monotonic()))
            self._send_batch()
        elif what == "contact":
            self._send(self.next, 0, b"")
        elif done and self._post("/done", done):
            return True
        self.tries = 0
        return False

    def _due(self) -> str | None:
        if self.stopped:
            return "stopped"
        behind = self.spool.next - self.next
        if self.exit and (behind == 0 or behind > MAX_RECORDS or self.tries > 0):
            return "exit"
        if self.heard is not None and self.tries == 0:
            return "heard"
        if behind > 0:
            return "log"
        if self.done:
            return "done"
        if time.monotonic() >= self.last_contact + CONTACT_SECONDS:
            return "contact"
        return None

    def _send_batch(self) -> None:
        missing = self.spool.first - self.next
        if missing > 0:  # the server lost what it had acknowledged, and the box has deleted it
            count = min(missing, GAPS_AT_ONCE)
            records = encode(self.spool.last_at, STDOUT, [(LOST, GAP)] * count)
        else:
            count, records = self.spool.batch(self.next, self.max_records, self.max_bytes)
        if count == 0:  # a script cut its spool short
            count, records = 1, encode(self.spool.last_at, STDOUT, [(DAMAGED, GAP)])
        self.last_sent = time.monotonic()
        answer = self._send(self.next, count, records)
        if answer.status == 400:  # a script wrote into its spool
            answer = self._send(self.next, count, encode(self.spool.last_at, STDOUT, [(DAMAGED, GAP)] * count))
        if answer.status == 413:
            self.max_records, self.max_bytes = max(1, count // 2), max(1, len(records) // 2)
            if count <= 1:
                raise Trouble("the server refuses even a single record as too large")
        elif answer.status == 409:
            self._rewind(answer)
        else:
            acked = answer.json().get("acked")
            if not isinstance(acked, int) or acked >= self.spool.next:
                raise Trouble(f"a batch was answered with {answer.described()}")
            self.spool.acknowledge(acked)
            self.next = self.spool.acked + 1
            self.max_records, self.max_bytes = MAX_RECORDS, MAX_BYTES

    def _rewind(self, answer: Answer) -> None:
        """The server lacks lines before those that were sent."""
        expected = answer.json().get("expected")
        if not isinstance(expected, int) or not 0 < expected <= self.spool.next:
            raise Trouble(f"the server expects line {expected}, which does not exist")
        self.spool.acked = expected - 1
        self.next = expected

    def _send(self, first: int, count: int, records: bytes) -> Answer:
        body, headers = HEADER.pack(b"SLB1", first, count) + records, "Content-Type: application/octet-stream\r\n"
        if len(body) > GZIP_FROM_BYTES:
            body, encoding = self._compressed(body)
            headers += encoding
        return self._answered(self.http.request("POST", "/log", body, headers), accepted=(400, 409, 413))

    def _compressed(self, body: bytes) -> tuple[bytes, str]:
        """Compresses where it pays; when it did not, the next batches go as they are before it is tried again."""
        if self.plain_batches > 0:
            self.plain_batches -= 1
            return body, ""
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        packed = packer.compress(body) + packer.flush()
        if len(packed) > len(body) * 0.7:
            self.plain_batches = 20
            return body, ""
        return packed, "Content-Encoding: gzip\r\n"

    def _post(self, path: str, message: dict) -> bool:
        """False when the server lacks lines; they are sent again first."""
        answer = self._answered(self.http.request("POST", path, message), accepted=(409,))
        if answer.status == 409:
            self._rewind(answer)
        return answer.status != 409

    def _answered(self, answer: Answer, accepted: tuple[int, ...]) -> Answer:
        """@raises Gone, or Trouble when the answer means neither yes nor no."""
        log_gap = answer.status == 409 and answer.json().get("code") == "log_gap"
        if answer.status in LEAVE and not log_gap:
            raise Gone(answer.described())
        if not (200 <= answer.status < 300) and answer.status not in accepted:
            raise Trouble(answer.described())
        self.last_contact = time.monotonic()
        return answer
