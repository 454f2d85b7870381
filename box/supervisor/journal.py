"""What is known of a job's files while they are sent, in a file: should this program be killed, a reap says what was not kept."""
from __future__ import annotations

import json
import os
import threading

NAME = "artifacts.jsonl"


class Journal:
    """Lines of JSON: every file that was found, as POST /skipped would have it, then `settled` for each that needs no word more."""

    def __init__(self, directory: str):
        self.lock = threading.Lock()
        try:
            path = os.path.join(directory, NAME)
            self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            self.fd = -1  # the directory is gone

    def write(self, lines: list[dict]) -> None:
        """Never raises: on a full disk a reap knows less."""
        data = "".join(json.dumps(line) + "\n" for line in lines).encode()
        with self.lock:
            try:
                while data and self.fd >= 0:
                    data = data[os.write(self.fd, data):]
            except OSError:
                pass
