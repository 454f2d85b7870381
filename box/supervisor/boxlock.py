"""The box's own advisory lock: kept alive on the box while the job holds it, so that people on the bench see who works there."""
from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from wire import Answer, Http, Trouble, jittered


class BoxLock(threading.Thread):
    """Sends heartbeats; calls `lost` with words for people when somebody else holds the lock. Never forces, never releases:
    whoever frees the lease does."""

    def __init__(self, lock: dict, lost: Callable[[str], None]):
        super().__init__(name="box-lock", daemon=True)
        self.http = Http(lock["url"], lock.get("token"), timeout=10)
        self.user, self.ttl = lock["user"], lock["ttlSeconds"]
        self.pause, self.lost = lock["heartbeatSeconds"], lost

    def run(self) -> None:
        tries = 0
        while True:
            time.sleep(self.pause if tries == 0 else min(self.pause, jittered(tries)))
            try:
                if holder := self._beat():
                    self.lost(f"The box lock was taken by {holder}.")
                    return
                tries = 0
            except Trouble:
                tries += 1  # the runtime restarts, or is busy: that takes no lock away
            except Exception as problem:
                sys.excepthook(type(problem), problem, problem.__traceback__)
                tries += 1

    def _beat(self) -> str | None:
        """The name of somebody else who holds the lock; None when it is ours."""
        answer = self.http.request("POST", "/lock/heartbeat", {"user": self.user})
        if answer.status == 404:  # it ran out, or the box forgot it
            print("box lock: it was free; taking it again", flush=True)
            answer = self.http.request("POST", "/lock", {"user": self.user, "holder_type": "stout", "ttl_seconds": self.ttl})
        if answer.status == 200:
            return None
        if answer.status in (403, 409):
            return _holder(answer)
        raise Trouble(answer.described())


def _holder(answer: Answer) -> str:
    lock = answer.json().get("lock")
    return str(lock.get("user")) if isinstance(lock, dict) else "somebody else"
