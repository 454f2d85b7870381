"""Artifacts: once a script has ended and all is quiet, the files that it leaves go to the object store (docs/box-api.md)."""
from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from boxapi import Asker
from collect import Collection
from hashing import Changed, hash_file
from journal import Journal
from mask import Masker
from storeline import StoreLine
from tree import NotKept, unreadable
from uploader import Confirmer, Uploader, work_for
from uploads import READY, Item, Uploads
from watch import Watch
from wire import Gone, Http, jittered

UPLOADERS = 4
BATCH_FILES, BATCH_BYTES = 100, 64 << 20


class Artifacts(threading.Thread):
    """Collects, hashes and announces; other threads send and confirm. Calls `finished(None)` when every file is uploaded or told as
    skipped or failed, or `finished(reason)` when the attempt is no longer ours."""

    def __init__(self, run, finished: Callable[[str | None], None]):
        super().__init__(name="artifacts", daemon=True)
        self.directory, self.limits, self.masker = run.directory, run.order["artifacts"], run.masker
        self.sender, self.finished = run.sender, finished
        self.temporary, self.since_ns = run.settings.environment.get(b"TMPDIR") or b"/tmp", run.began_ns
        self.http = lambda timeout=30: Http(run.settings.url, run.http.token, run.settings.ca, timeout)
        self.ca = run.settings.ca
        self.uploads = Uploads(Journal(run.directory))

    def stop(self, why: str) -> None:
        """Ends the uploads at once: what is not uploaded is told as failed."""
        self.uploads.stop(why)

    def run(self) -> None:
        work_for(self.uploads, self._work)
        self._tell_rest()
        self.finished(self.uploads.gone)

    def _work(self) -> None:
        self._collect()
        while not self.sender.exit_told.wait(0.5):
            self.uploads.check()
        self._send()

    def _collect(self) -> None:
        collection = Collection(self.limits, self.masker)
        collection.add_artifacts(os.path.join(self.directory, "artifacts"))
        collection.add_globs(os.path.join(self.directory, "job"))
        collection.add_lager_output(self.temporary, self.since_ns)
        collection.finish()
        self.uploads.journal.write([*collection.untold, *(file.described() for file in collection.files)])
        self.uploads.add(collection.files, collection.untold)

    def _asker(self) -> Asker:
        return Asker(self.http(), self.uploads.pause, self.uploads.count_down)

    def _send(self) -> None:
        """@raises Stopped, Gone"""
        uploads, asker = self.uploads, self._asker()
        self._start_threads()
        while uploads.open or uploads.to_tell:
            uploads.check()
            self._tell(asker)
            if batch := self._hash_some():
                self._begin(asker, batch)
                continue
            with uploads.changed:
                uploads.changed.wait_for(lambda: uploads.open == 0 or uploads.stopped is not None or uploads.to_tell
                                         or uploads.to_hash and len(uploads.to_put) < READY)

    def _start_threads(self) -> None:
        if not self.uploads.open:
            return
        lines = [StoreLine(self.ca) for _ in range(min(UPLOADERS, self.uploads.open))]
        self.uploads.on_stop += [lambda line=line: line.abort(forever=True) for line in lines]
        uploaders = []
        for line in lines:
            asker = self._asker()
            uploaders.append(Uploader(self.uploads, line, lambda item, asker=asker: self._begin(asker, [item])))
        confirming = self._asker()
        threads = [*uploaders, Confirmer(self.uploads, lambda items: self._confirm(confirming, items)),
                   Watch(self.uploads, uploaders, self.http(10), self.limits, lambda: self.sender.tries == 0)]
        for thread in threads:
            thread.start()

    def _hash_some(self) -> list[Item]:
        """Hashes what waits for it, up to one batch. @raises Stopped"""
        batch, size = [], 0
        while len(batch) < BATCH_FILES and size < BATCH_BYTES:
            with self.uploads.changed:
                if not self.uploads.to_hash or len(self.uploads.to_put) >= READY:
                    break
                item = self.uploads.to_hash.popleft()
            try:
                if self._hash(item):
                    batch.append(item)
                    size += item.hashed.size
            except NotKept as refusal:
                self.uploads.refuse(item, refusal)
        return batch

    def _hash(self, item: Item) -> bool:
        """False when it was given up. @raises NotKept, Stopped"""
        while not item.settled:
            if item.repeats > 0:
                self.uploads.pause(jittered(item.repeats))
            try:
                fd = item.file.tree.open(item.file.parts)
                try:
                    item.hashed = hash_file(fd, self.limits["partBytes"], self._step)
                finally:
                    os.close(fd)
                item.file.size = item.hashed.size
                return True
            except Changed:
                item.repeats += 1
                with self.uploads.changed:
                    self.uploads.count_change(item)
            except OSError as problem:
                raise unreadable(problem) from None
        return False

    def _step(self, _: int) -> None:
        self.uploads.check()
        self.uploads.progress()

    def _begin(self, asker: Asker, items: list[Item]) -> None:
        """Announces items that are hashed. @raises Stopped, Gone"""
        entries = []
        for item in items:
            entry = {**item.file.described(), "sha256": item.hashed.sha256}
            entries.append((item, {**entry, "partSha256": item.hashed.parts} if item.hashed.parts else entry))
        for item, told in asker.ask_each("/uploads", entries, self._refused):
            self.uploads.begun(item, told, self.limits["partBytes"])

    def _confirm(self, asker: Asker, items: list[Item]) -> None:
        entries = []
        for item in items:
            parts = [{"number": number, "etag": etag} for number, etag in sorted(item.etags.items()) if number]
            entries.append((item, {"artifactId": item.id, "parts": parts} if parts else {"artifactId": item.id}))
        for item, told in asker.ask_each("/uploaded", entries, self._refused):
            if told.get("state") == "uploaded":
                self.uploads.settle(item)
            else:
                print(f"artifacts: {item.file.path!r}: {told.get('problem')}; sending it again", flush=True)
                self.uploads.begin_anew(item, changed=False)

    def _refused(self, item: Item, why: str) -> None:
        self.uploads.refuse(item, NotKept("failed", f"the server does not take it ({why})"))

    def _tell(self, asker: Asker) -> None:
        """Says what is not sent, as far as it is known. @raises Gone, and what the asker's pause raises"""
        uploads = self.uploads
        while True:
            with uploads.changed:
                some = uploads.to_tell[:100]
            if not some:
                return
            entries = [(entry, {**entry, "why": self._masked(entry["why"])}) for entry in some]
            asker.ask_each("/skipped", entries, lambda entry, why: print(f"artifacts: {entry}: {why}", flush=True))
            with uploads.changed:
                del uploads.to_tell[:len(some)]
            uploads.journal.write([{"settled": entry["path"]} for entry in some])

    def _tell_rest(self) -> None:
        """After the uploads were ended: says of all that is not uploaded why, however long that takes to get through."""
        uploads = self.uploads
        if uploads.gone or uploads.stopped is None:
            return
        for item in uploads.items:
            uploads.refuse(item, NotKept("failed", uploads.stopped))
        try:
            while not self.sender.exit_told.wait(0.5) and not uploads.gone:
                pass
            self._tell(Asker(self.http(), time.sleep, uploads.count_down))
        except Gone as reason:
            uploads.gone = str(reason)

    def _masked(self, text: str) -> str:
        return self.masker.mask_text(text) if self.masker else text
