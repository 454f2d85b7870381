"""The inbox of the main thread: other threads leave there what they learned, and it is woken."""
from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable


class Inbox:
    """`fd` is readable when there is something to `take`."""

    def __init__(self) -> None:
        self.posted: deque = deque()
        self.fd, self.wake = os.pipe()
        os.set_blocking(self.wake, False)

    def post(self, what: Callable, told: object) -> None:
        """Has whoever takes call `what` with `told`."""
        self.posted.append((what, told))
        try:
            os.write(self.wake, b"x")
        except BlockingIOError:
            pass  # enough wake-ups lie there

    def take(self) -> None:
        os.read(self.fd, 4096)
        while self.posted:
            what, told = self.posted.popleft()
            what(told)
