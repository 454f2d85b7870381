"""The uploaders: threads that each send one request after the other to the object store, and one that has it confirmed."""
from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from hashing import state_of
from storeline import StoreLine
from tree import NotKept, unreadable
from uploads import Item, Part, Stopped, Uploads
from wire import Answer, Gone, Trouble, jittered

#: URLs hold for an hour; older ones are not tried any more.
FRESH_SECONDS = 45 * 60
#: After so many tries in a row that came to nothing a fresh URL is asked for, whatever the store said.
TRIES_WITH_ONE_URL = 4
#: What a store says when the bytes are not those that were announced.
OTHER_BYTES = (b"BadDigest", b"ChecksumMismatch", b"InvalidDigest", b"ContentSHA256Mismatch")


class Uploader(threading.Thread):
    """`renew` asks for fresh URLs of an item."""

    def __init__(self, uploads: Uploads, line: StoreLine, renew: Callable[[Item], None]):
        super().__init__(name="uploader", daemon=True)
        self.uploads, self.line, self.renew = uploads, line, renew
        self.part: Part | None = None

    def run(self) -> None:
        while parts := self.uploads.take("to_put"):
            part = self.part = parts[0]
            try:
                self._send(part)
            except Stopped:
                return
            except Gone as reason:
                self.uploads.leave(str(reason))
                return
            except NotKept as refusal:
                self.uploads.refuse(part.item, refusal)
            except Exception as problem:
                sys.excepthook(type(problem), problem, problem.__traceback__)
                self.uploads.refuse(part.item, NotKept("failed", f"an error of the supervisor ({type(problem).__name__})"))
            finally:
                self.part = None

    def _send(self, part: Part) -> None:
        """Sends one part, for as long as it takes. @raises NotKept, Stopped, Gone"""
        item, tries = part.item, 0
        while part.counts():
            self.uploads.check()
            if time.monotonic() - item.begun_at > FRESH_SECONDS:
                self.renew(item)
                continue
            try:
                answer, problem = self._put(part), ""
            except EOFError:
                self.uploads.begin_anew(item, changed=True)
                return
            except Trouble as trouble:
                answer, problem = None, str(trouble)
            if answer and 200 <= answer.status < 300:
                self.uploads.sent(part, answer.headers.get("etag", ""))
                return
            if answer and any(code in answer.body for code in OTHER_BYTES):
                self.uploads.begin_anew(item, changed=True)
                return
            if tries == 0:
                print(f"artifacts: {item.file.path!r}: {described(answer) if answer else problem}; trying again", flush=True)
            tries += 1
            self.uploads.pause(jittered(tries))
            if part.counts() and (answer and answer.status < 500 or tries % TRIES_WITH_ONE_URL == 0):
                self.renew(item)

    def _put(self, part: Part) -> Answer:
        """@raises EOFError when the file is not what it was, NotKept when it is not there any more, Trouble"""
        item = part.item
        request = item.requests[part.number]
        try:
            fd = item.file.tree.open(item.file.parts)
        except OSError as problem:
            raise unreadable(problem) from None
        try:
            if state_of(fd) != item.hashed.state:
                raise EOFError
            return self.line.put(request["url"], request["headers"], fd, part.offset, part.size)
        finally:
            os.close(fd)


def described(answer: Answer) -> str:
    """What a store said, for the supervisor's own log."""
    code = answer.body.partition(b"<Code>")[2].partition(b"</Code>")[0][:100].decode("latin-1")
    return f"{answer.status} {code}".strip()


class Confirmer(threading.Thread):
    """Has the server look for what was sent, all that waits for it at once."""

    def __init__(self, uploads: Uploads, confirm: Callable[[list[Item]], None]):
        super().__init__(name="confirmer", daemon=True)
        self.uploads, self.confirm = uploads, confirm

    def run(self) -> None:
        work_for(self.uploads, self._work)

    def _work(self) -> None:
        while items := self.uploads.take("to_confirm", 100):
            self.confirm(items)


def work_for(uploads: Uploads, work: Callable[[], None]) -> None:
    """Does what a thread is there for. Whatever keeps it from its end ends the uploads."""
    try:
        work()
    except Stopped:
        pass
    except Gone as reason:
        uploads.leave(str(reason))
    except Exception as problem:
        sys.excepthook(type(problem), problem, problem.__traceback__)
        uploads.stop("an error of the supervisor ended the uploads")
