"""The files on their way: what is known of each, and what is to be done next. Shared by the threads that do it."""
from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from collect import File
from hashing import Hashed
from journal import Journal
from tree import NotKept

#: A file that changed while its hash was taken, or until it was sent, is hashed again so often.
HASH_TRIES = 4
#: So many requests to the store may lie ready before more files are hashed.
READY = 200


class Stopped(Exception):
    """The uploads were ended; the rest is told as failed."""


class Item:
    """A file on its way. `round` grows whenever it begins anew: parts of an earlier one are forgotten then."""

    #: There is none before it was hashed; nobody asks for it earlier.
    hashed: Hashed

    def __init__(self, file: File):
        self.file = file
        self.id = ""
        self.round = self.repeats = self.changes = 0
        self.begun_at = 0.0
        self.object = ""
        self.requests: dict[int, dict] = {}
        self.etags: dict[int, str] = {}
        self.best: dict[int, int] = {}
        self.settled = False


class Part:
    """One request to the store; its URL is the item's newest for `number`, which is 0 for a file that is sent in one."""

    def __init__(self, item: Item, number: int, part_bytes: int):
        self.item, self.number, self.round = item, number, item.round
        self.offset = max(0, number - 1) * part_bytes
        self.size = min(part_bytes, item.hashed.size - self.offset) if number else item.hashed.size

    def counts(self) -> bool:
        return self.round == self.item.round and not self.item.settled


class Uploads:
    """`tell` is what POST /skipped still has to hear. Everything here is done with `changed` held."""

    def __init__(self, journal: Journal):
        self.changed = threading.Condition()
        self.journal = journal
        self.to_hash: deque[Item] = deque()
        self.to_put: deque[Part] = deque()
        self.to_confirm: deque[Item] = deque()
        self.to_tell: list[dict] = []
        self.items: list[Item] = []
        self.open = self.down = 0
        self.progressed_at = time.monotonic()
        self.stopped: str | None = None
        self.gone: str | None = None
        self.on_stop: list[Callable[[], None]] = []

    def add(self, files: list[File], untold: list[dict]) -> None:
        with self.changed:
            self.items = [Item(file) for file in files]
            self.to_hash.extend(self.items)
            self.open = len(self.items)
            self.to_tell += untold

    def stop(self, why: str) -> None:
        """Ends the uploads; the first reason counts. Never waits."""
        with self.changed:
            self.stopped = self.stopped or why
            self.changed.notify_all()
        for act in self.on_stop:
            act()

    def leave(self, why: str) -> None:
        """The attempt is not ours any more: nothing more is told either."""
        self.gone = self.gone or why
        self.stop(why)

    def check(self) -> None:
        if self.stopped is not None:
            raise Stopped

    def pause(self, seconds: float) -> None:
        """@raises Stopped"""
        until = time.monotonic() + seconds
        with self.changed:
            while self.stopped is None and (left := until - time.monotonic()) > 0:
                self.changed.wait(left)
        self.check()

    def count_down(self, is_down: bool) -> None:
        """The box API does not answer a thread, or does again."""
        with self.changed:
            self.down += 1 if is_down else -1

    def progress(self) -> None:
        self.progressed_at = time.monotonic()

    def begun(self, item: Item, told: dict, part_bytes: int) -> None:
        """The server's answer to POST /uploads: fresh URLs, and a beginning when they are of another object than before."""
        with self.changed:
            if item.settled:
                return
            if told.get("state") != "uploading":
                self._settle(item)  # it has it already, or has named it as skipped itself
                return
            item.id, item.begun_at = told["artifactId"], time.monotonic()
            item.requests = {part["number"]: part for part in told["parts"]} if "parts" in told else {0: told["put"]}
            which = "".join(object_of(request["url"]) for request in list(item.requests.values())[:1])
            if which != item.object:
                item.object = which
                item.round += 1
                item.etags = {}
                self.to_put.extend(Part(item, number, part_bytes) for number in item.requests)
            self.changed.notify_all()

    def begin_anew(self, item: Item, changed: bool) -> None:
        """It is hashed and announced again: because the file `changed`, or because the store does not have it as it should."""
        with self.changed:
            if changed:
                self.count_change(item)
            if item.settled:
                return
            item.round += 1
            item.object = ""
            item.repeats += 1
            self.to_hash.append(item)
            self.changed.notify_all()

    def count_change(self, item: Item) -> None:
        """The file was not what it had been. Too often: it is given up."""
        item.changes += 1
        if item.changes >= HASH_TRIES:
            self.refuse(item, NotKept("failed", "it kept changing while it was to be uploaded"))

    def sent(self, part: Part, etag: str) -> None:
        with self.changed:
            item = part.item
            if not part.counts():
                return
            item.etags[part.number] = etag
            if item.best.get(part.number, -1) < part.size:
                item.best[part.number] = part.size
                self.progress()
            if len(item.etags) == len(item.requests):
                self.to_confirm.append(item)
                self.changed.notify_all()

    def settle(self, item: Item) -> None:
        """Nothing more is to be done for it."""
        with self.changed:
            self._settle(item)

    def refuse(self, item: Item, refusal: NotKept) -> None:
        with self.changed:
            if not item.settled:
                self.to_tell.append({**item.file.described(), "state": refusal.state, "why": refusal.why})
                self._settle(item, is_told=False)

    def _settle(self, item: Item, is_told: bool = True) -> None:
        if item.settled:
            return
        item.settled = True
        self.open -= 1
        self.progress()
        if is_told:
            self.journal.write([{"settled": item.file.path}])
        self.changed.notify_all()

    def take(self, queue: str, most: int = 1) -> list:
        """Waits for work in a queue. Empty when there will be none any more, or the uploads were ended."""
        with self.changed:
            self.changed.wait_for(lambda: getattr(self, queue) or self.open == 0 or self.stopped is not None)
            if self.stopped is not None:
                return []
            waiting = getattr(self, queue)
            self.changed.notify_all()  # there is room for more
            return [waiting.popleft() for _ in range(min(most, len(waiting)))]


def object_of(url: str) -> str:
    """Tells apart what an upload is of: the URL without what is new in each (its time and its signature)."""
    address, _, query = url.partition("?")
    return address + "".join(pair for pair in query.split("&") if pair.startswith("uploadId="))
