"""The control stream: what the control plane wants of a running attempt, told again in whole whenever it changes."""
from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

from wire import LEAVE, Http, Trouble, jittered

#: The server says something, if only an empty line, every 5 s.
SILENCE_SECONDS = 20


class Control(threading.Thread):
    """Calls `changed` with each control state, and `gone` when the attempt is no longer this supervisor's."""

    def __init__(self, http: Http, known: int, changed: Callable[[dict], None], gone: Callable[[str], None]):
        super().__init__(name="control", daemon=True)
        self.http, self.changed, self.gone = http, changed, gone
        self.http.timeout = SILENCE_SECONDS
        self.known = known

    def run(self) -> None:
        tries = 0
        while True:
            began = time.monotonic()
            try:
                if not self._follow():
                    return
            except Trouble as problem:
                if tries == 0:
                    print(f"control: {problem}; connecting again", flush=True)
            except Exception as problem:
                sys.excepthook(type(problem), problem, problem.__traceback__)
            self.http.close()
            tries = 0 if time.monotonic() - began > SILENCE_SECONDS else tries + 1
            time.sleep(jittered(tries))

    def _follow(self) -> bool:
        """Reads one stream to its end. False when there will be no other."""
        self.http.send("GET", f"/control?known={self.known}")
        try:
            status, _ = self.http.head()
        except (OSError, ValueError) as problem:
            raise Trouble(str(problem)) from None
        if status in LEAVE:
            self.gone(f"the control stream was answered with {status}")
            return False
        if status != 200:
            raise Trouble(f"the control stream was answered with {status}")
        for line in self.http.lines():
            if line.strip():
                state = json.loads(line)
                self.known = state["version"]
                self.changed(state)
        return True
