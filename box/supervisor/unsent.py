"""The files that a killed supervisor had not sent: what it had written down of them, or at least how many there are.

Part of the reap. A script may have written into these files too: nothing in them is believed.
"""
from __future__ import annotations

import json
import os

KILLED = "its supervisor was killed before it was uploaded"
JOURNAL_BYTES = 16 << 20


def unsent_files(directory: str) -> list[dict]:
    """What POST /skipped is to hear of an attempt's files."""
    found = _from_journal(os.path.join(directory, "artifacts.jsonl"))
    return _counted(os.path.join(directory, "artifacts")) if found is None else found


def _from_journal(path: str) -> list[dict] | None:
    """Every file that was found and not settled; None when the supervisor had not come so far."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            lines = file.read(JOURNAL_BYTES).split(b"\n")
    except OSError:
        return None
    files: dict[str, dict] = {}
    for line in lines:
        try:
            entry = json.loads(line)
            if "settled" in entry:
                files.pop(entry["settled"], None)
            else:
                files[entry["path"]] = {"state": "failed", "why": KILLED, **entry}
        except (ValueError, TypeError, KeyError):
            pass  # cut off
    return list(files.values())


def _counted(folder: str) -> list[dict]:
    """All files in one entry. Their names are not told: only the supervisor knew which of them are secret."""
    count = size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(path, name)).st_size
                count += 1
            except OSError:
                pass
    why = KILLED.replace("it was", "they were") if count > 1 else KILLED
    entry = {"path": f"({count} file{'s'[:count > 1]})", "source": "artifacts", "sizeBytes": size, "state": "failed", "why": why}
    return [entry] if count else []
