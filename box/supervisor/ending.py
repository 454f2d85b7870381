"""How a script ended, by what the system says of it."""
from __future__ import annotations

import os
import signal

#: Signals that end a script from outside, unless this program sent them.
OUTSIDE_SIGNALS = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP)


def read_status(status: int) -> tuple[int | None, str | None, bool]:
    """Exit code or name of the signal of a wait status, and whether the signal may have come from outside."""
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status), None, False
    number = os.WTERMSIG(status)
    known = {member.value: member.name for member in signal.Signals}
    return None, known.get(number, f"SIG{number}"), number in OUTSIDE_SIGNALS
