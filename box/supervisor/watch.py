"""The watch over uploads: cuts off connections that stand still, ends uploads that make no progress, and says how far they are."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable

from storeline import STALL_BYTES_PER_SECOND
from uploader import Uploader
from uploads import Uploads
from wire import Http, Trouble

TICK_SECONDS = 0.25
PROGRESS_SECONDS = 1.0
#: A connection that moves too little over so long stands still.
STALL_SECONDS = 30


class Watch(threading.Thread):
    """`answers` tells whether the box API is there: an outage of ours does not count towards `limits["uploadSeconds"]`."""

    def __init__(self, uploads: Uploads, uploaders: list[Uploader], http: Http, limits: dict, answers: Callable[[], bool]):
        super().__init__(name="upload-watch", daemon=True)
        self.uploads, self.uploaders, self.http, self.answers = uploads, uploaders, http, answers
        self.limit = limits["uploadSeconds"]
        self.stall_seconds = limits.get("stallSeconds", STALL_SECONDS)
        self.idle = 0.0
        self.seen: dict[Uploader, tuple] = {}
        self.told: dict[str, int] = {}
        self.told_at = 0.0

    def run(self) -> None:
        before = time.monotonic()
        while self.uploads.open and self.uploads.stopped is None:
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            for uploader in self.uploaders:
                self._look_at(uploader, now)
            if self.uploads.progressed_at > before:
                self.idle = 0.0
            elif self.uploads.down == 0 and self.answers():
                self.idle += now - before
            before = now
            if self.idle > self.limit:
                self.uploads.stop(f"the upload made no progress for {self.limit} s")
            elif now > self.told_at + PROGRESS_SECONDS:
                self.told_at = now
                self._tell()

    def _look_at(self, uploader: Uploader, now: float) -> None:
        """Notes what a connection has moved, and cuts it off when that is too little."""
        part, transfer, moved = uploader.part, uploader.line.transfer, uploader.line.moved()
        if part is None or not uploader.line.busy:
            self.seen.pop(uploader, None)
            return
        if moved > part.item.best.get(part.number, 0):
            part.item.best[part.number] = moved
            self.uploads.progress()
        which, since, base = self.seen.get(uploader, (None, now, 0))
        if which != transfer:
            since, base = now, 0
        elif now - since >= self.stall_seconds:
            if moved - base < STALL_BYTES_PER_SECOND * (now - since):
                print(f"artifacts: {part.item.file.path!r}: the connection stood still; trying again", flush=True)
                uploader.line.abort()
            since, base = now, moved
        self.seen[uploader] = (transfer, since, base)

    def _tell(self) -> None:
        """Never asked again: the next one says more."""
        items = {part.item for part in [uploader.part for uploader in self.uploaders] if part}
        sent = {item.id: sum(list(item.best.values())) for item in items if not item.settled}
        if sent and sent != self.told:
            self.told = sent
            try:
                self.http.request("POST", "/progress", {"sentBytes": sent})
            except Trouble:
                pass
