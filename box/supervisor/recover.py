"""Recovers what a killed supervisor had not told any more: the lines in its spool, how its script ended, and which files are lost.

Part of the reap. It says them to the box API in the supervisor's place, so that they take the usual way and a repetition is
harmless. A script may have written into these files, or the machine may have crashed over them: nothing in them is believed,
and what is no record becomes a counted gap.
"""
from __future__ import annotations

import json
import os
import re
import stat
import time

from lines import GAP, HEADER, OUTPUT, RECORD, STDOUT, encode
from unsent import unsent_files
from wire import LEAVE, Answer, Gone, Http, Trouble, jittered

READ_BYTES = 2 << 20
MAX_RECORDS, MAX_BYTES = 20_000, 1_000_000
GAPS_AT_ONCE = 5000
FILES_AT_ONCE = 100
#: All of it may take so long, within the limit of one run on a box.
TOTAL_SECONDS = 240.0
MISSING = b'{"lines": 1, "sizeBytes": 0, "why": "lost on the box when the supervisor was killed"}'
DAMAGED = b'{"lines": 1, "sizeBytes": 0, "why": "damaged on the box before it was recovered"}'
#: In microseconds since the epoch: the year 9000.
LATEST = 221_845_392_000_000_000
#: A spool holds at most 4 MB in memory between two of its files.
MAX_MISSING = 1_000_000
SEGMENT = re.compile(r"spool-(\d{10,})")


class Recovery:
    """What was told on behalf of one attempt. `told` is False while something lies on the box that nobody took yet."""

    def __init__(self, http: Http, patience_seconds: float):
        self.http, self.patience = http, patience_seconds
        self.began = self.heard = time.monotonic()
        self.acked = self.at = self.lines = self.lost = 0
        self.told = True

    def recover(self, directory: str) -> None:
        """Tells everything that lies in an attempt's directory. Never raises."""
        try:
            segments = found_in(directory)
            if segments:
                self._tell_lines(segments)
            if self._tell_exit(os.path.join(directory, "exit.json")):
                self._tell_files(unsent_files(directory))
        except Gone:
            pass  # the attempt is closed: nobody wants it any more
        except (Trouble, OSError) as problem:
            print(f"recovery: {problem}", flush=True)
            self.told = False

    def _tell_lines(self, segments: list[tuple[int, str]]) -> None:
        self._log(1, 0, b"")  # how far the server is
        rest = 0
        for first, path in segments:
            missing = first - 1 - self.acked
            if missing > MAX_MISSING:
                break  # no file of ours
            self._gaps(missing, MISSING)
            rest = self._tell_segment(first, path)
        if rest:
            torn = {"lines": 1, "sizeBytes": rest, "why": "cut off when the supervisor was killed"}
            self._gaps(1, json.dumps(torn).encode())

    def _tell_segment(self, first: int, path: str) -> int:
        """Tells the intact records of a file. Returns the size of what follows them."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return 0  # a link, or gone
        try:
            status, offset = os.fstat(fd), 0
            if not stat.S_ISREG(status.st_mode):
                return 0
            while True:
                data = os.pread(fd, READ_BYTES, offset)
                count, size = intact(data, MAX_RECORDS)
                if count == 0:
                    return max(0, status.st_size - offset)
                known = min(count, max(0, self.acked + 1 - first))
                if known < count:
                    self.at = RECORD.unpack_from(data)[0]
                    if self._log(first + known, count - known, data[intact(data, known)[1]:size]):
                        self.lines += count - known
                    else:
                        self._gaps(count - known, DAMAGED)
                first, offset = first + count, offset + size
        finally:
            os.close(fd)

    def _gaps(self, count: int, why: bytes) -> None:
        """Says that so many lines from the next one on are lost."""
        while count > 0:
            some = min(count, GAPS_AT_ONCE)
            if not self._log(self.acked + 1, some, encode(self._gap_at(), STDOUT, [(why, GAP)] * some)):
                raise Trouble("not even gaps are taken")
            self.lost += some
            count -= some

    def _gap_at(self) -> int:
        return self.at if 0 < self.at < LATEST else round(time.time() * 1e6)

    def _log(self, first: int, count: int, records: bytes) -> bool:
        """Says some records. False when the server cannot read them. @raises Trouble when it does not take them."""
        if time.monotonic() > self.began + TOTAL_SECONDS:
            raise Trouble("there is more than one run has time for")
        body = HEADER.pack(b"SLB1", first, count) + records
        answer = self._ask("/log", body, "Content-Type: application/octet-stream\r\n")
        acked = answer.json().get("acked")
        if answer.status == 400 and records:
            return False
        if not isinstance(acked, int) or acked < first + count - 1:
            raise Trouble(f"lines {first} to {first + count - 1} were not taken")
        self.acked = acked
        return True

    def _tell_exit(self, path: str) -> bool:
        """False when it is not known how the script ended."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(fd, "rb") as file:
                exit = json.loads(file.read(65536))
        except (OSError, ValueError):
            return False  # it had not ended, or somebody else wrote there
        if isinstance(exit, dict):
            self._ask("/exit", exit)
        return isinstance(exit, dict)

    def _tell_files(self, files: list[dict]) -> None:
        """Names what is lost. What the server has already stays as it is."""
        for at in range(0, len(files), FILES_AT_ONCE):
            self._ask("/skipped", {"files": files[at:at + FILES_AT_ONCE]})

    def _ask(self, path: str, body: bytes | dict, headers: str = "") -> Answer:
        """@raises Gone when the attempt is closed, Trouble when nobody answered in time."""
        tries = 0
        while True:
            try:
                answer = self.http.request("POST", path, body, headers)
                problem = answer.described()
                if 200 <= answer.status < 300 or answer.status == 400:
                    self.heard = time.monotonic()
                    return answer
                if answer.status in LEAVE:
                    raise Gone(problem)
            except Trouble as trouble:
                problem = str(trouble)
            tries += 1
            if time.monotonic() > self.heard + self.patience:
                raise Trouble(problem)
            time.sleep(jittered(tries, longest=1.0))


def found_in(directory: str) -> list[tuple[int, str]]:
    """The files of a spool, with the number of the first line of each, in order."""
    names = [(SEGMENT.fullmatch(name), name) for name in os.listdir(directory)]
    return sorted((int(match[1]), os.path.join(directory, name)) for match, name in names if match)


def intact(data: bytes, max_records: int) -> tuple[int, int]:
    """How many whole and sensible records stand at the start of `data`, within the limits of one batch, and their size."""
    count = size = 0
    while count < max_records and size + RECORD.size <= len(data):
        _, stream, _, length = RECORD.unpack_from(data, size)
        end = size + RECORD.size + length
        if not STDOUT <= stream <= OUTPUT or end > len(data) or (end > MAX_BYTES and count > 0):
            break
        count, size = count + 1, end
    return count, size
