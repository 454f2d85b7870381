"""Phases: what takes its time before the script runs is told while it happens, for whoever watches the job."""
from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from wire import Http, Trouble, jittered

#: Before the attempt's last words, what was not told yet gets so much time.
LAST_CHANCE_SECONDS = 2.0
#: Errors are shortened to this; the server counts UTF-16 units, up to 4 000.
ERROR_CHARACTERS = 2000


class Phases(threading.Thread):
    """Tells phases in order, by a connection of its own: neither lines nor exit ever wait for one. Each is tried again while this
    program runs. One that is refused is forgotten, whatever the refusal says; whether the attempt is still ours, others ask."""

    def __init__(self, http: Http, masked: Callable[[str], str]):
        super().__init__(name="phases", daemon=True)
        self.http, self.masked = http, masked
        self.changed = threading.Condition()
        self.untold: deque[dict] = deque()

    def tell(self, phase: dict) -> None:
        """Never waits. The thread exists from the first phase on; most jobs have none."""
        if "error" in phase:
            phase["error"] = self.masked(phase["error"])[:ERROR_CHARACTERS]
        with self.changed:
            self.untold.append(phase)
            self.changed.notify_all()
        if not self.is_alive():
            self.start()

    def wait(self) -> None:
        """Gives what was not told yet a last chance. For when nothing of the script runs any more."""
        with self.changed:
            self.changed.wait_for(lambda: not self.untold, LAST_CHANCE_SECONDS)

    def run(self) -> None:
        tries = 0
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.untold)
            if self._is_heard(self.untold[0]):
                tries = 0
                with self.changed:
                    self.untold.popleft()
                    self.changed.notify_all()
            else:
                tries += 1
                time.sleep(jittered(tries))

    def _is_heard(self, phase: dict) -> bool:
        """False when it is worth another try."""
        try:
            answer = self.http.request("POST", "/phase", phase)
        except Trouble:
            return False
        except Exception as problem:
            sys.excepthook(type(problem), problem, problem.__traceback__)
            return True
        if 400 <= answer.status < 500:
            print(f"phases: {phase['event']} was refused: {answer.described()}", flush=True)
        return answer.status < 500
