"""The spool: records that the server has not acknowledged yet, in files of the attempt's directory.

Everything is written through to a file at once, so memory stays small however long the server is away, and a reap can recover
what a killed supervisor had not sent. Files are named `spool-<number of their first record>` and deleted when acknowledged.
"""
from __future__ import annotations

import bisect
import json
import os
import threading
from collections import deque

from lines import GAP, PIECE_BYTES, RECORD, Piece, encode, walk
from segment import SLICE_BYTES, SLICE_RECORDS, Segment

#: Size of a file. Small enough that acknowledged space is soon given back, large enough that few files are open.
SEGMENT_BYTES = 8 << 20
#: When the disk takes nothing more, so much is held in memory before records are dropped.
MEMORY_BYTES = 4 << 20
MEMORY_SEGMENT_BYTES = 1 << 20
#: No record is larger.
LARGEST_BYTES = 2 << 20


class Spool:
    """Filled by the reader, emptied by the sender, each a thread of its own. `changed` is notified of every append."""

    def __init__(self, directory: str, limit_bytes: int):
        self.directory, self.limit_bytes = directory, limit_bytes
        self.segment_bytes = max(min(SEGMENT_BYTES, limit_bytes // 8), limit_bytes // 64)
        self.changed = threading.Condition()
        self.segments: deque[Segment] = deque()
        self.size = 0
        self.next = 1
        self.acked = 0
        self.last_at = 0
        self.full = False
        self.lost: dict | None = None
        self.cursor: tuple[int, Segment, int] | None = None

    def append(self, at: int, stream: int, pieces: list[Piece]) -> None:
        """Adds records. Never blocks for the server and never raises: what finds no room is counted and becomes a gap record."""
        with self.changed:
            self.last_at = at
            start = 0
            while start < len(pieces):
                stop, size = start, 0
                while stop < len(pieces) and stop - start < SLICE_RECORDS and size < SLICE_BYTES:
                    size += len(pieces[stop][0])
                    stop += 1
                self._add(at, stream, pieces[start:stop])
                start = stop
            self.changed.notify_all()

    def finish(self, at: int) -> None:
        """Records a last gap, if there is one. Nothing is appended after it."""
        with self.changed:
            self._close_gap(at, force=True)
            self.changed.notify_all()

    def _add(self, at: int, stream: int, pieces: list[Piece]) -> None:
        if self.lost and not self._close_gap(at):
            self._lose(stream, pieces, self.lost["why"])
            return
        data = encode(at, stream, pieces)
        if self.size + len(data) > self.limit_bytes:
            self.full = True
            self._lose(stream, pieces, "the spool on the box was full")
        elif not self._store(data, len(pieces)):
            self._lose(stream, pieces, "the disk of the box was full")

    def _lose(self, stream: int, pieces: list[Piece], why: str) -> None:
        self.lost = self.lost or {"stream": stream, "lines": 0, "sizeBytes": 0, "why": why}
        self.lost["lines"] += len(pieces)
        self.lost["sizeBytes"] += sum(len(data) for data, _ in pieces)

    def _close_gap(self, at: int, force: bool = False) -> bool:
        """Writes the gap record when there is room again. False when there is none."""
        if not self.lost:
            return True
        if self.full and self.size > self.limit_bytes * 0.9 and not force:
            return False
        self.full = False
        told = {key: self.lost[key] for key in ("lines", "sizeBytes", "why")}
        if not self._store(encode(at, self.lost["stream"], [(json.dumps(told).encode(), GAP)]), 1, force):
            return False
        self.lost = None
        return True

    def _store(self, data: bytes, count: int, force: bool = False) -> bool:
        try:
            self._tail(len(data)).append(data, count)
        except OSError:
            held = sum(len(segment.memory) for segment in self.segments)
            if held + len(data) > MEMORY_BYTES and not force:
                return False
            self.segments.append(Segment(self.next, None))
            self.segments[-1].append(data, count)
        self.next += count
        self.size += len(data)
        return True

    def _tail(self, more: int) -> Segment:
        """The segment to append to. @raises OSError when a new one cannot be made."""
        last = self.segments[-1] if self.segments else None
        if last is None or last.size + more > (self.segment_bytes if last.path else MEMORY_SEGMENT_BYTES):
            last = Segment(self.next, os.path.join(self.directory, f"spool-{self.next:010d}"))
            self.segments.append(last)
        return last

    @property
    def first(self) -> int:
        """The number of the first record that is still here, or the next one."""
        with self.changed:
            return self.segments[0].first if self.segments else self.next

    def batch(self, first: int, max_records: int, max_bytes: int) -> tuple[int, bytes]:
        """Records from number `first` on: how many, and their bytes. (0, b'') when there are none yet."""
        with self.changed:
            if first >= self.next or not self.segments:
                return 0, b""
            segment, offset = self._locate(first)
            end = (segment.next, segment.size)
            if end[0] - first > max_records or end[1] - offset > max_bytes:
                within = [mark for mark in segment.marks
                          if mark[1] > offset and mark[0] - first <= max_records and mark[1] - offset <= max_bytes]
                end = within[-1] if within else (0, 0)
        if end[0]:
            data, count = segment.read(offset, end[1] - offset), end[0] - first
        else:
            few = min(max(max_bytes, LARGEST_BYTES), max_records * (PIECE_BYTES + RECORD.size))
            data = segment.read(offset, few)
            count, size = walk(data, max_records, max_bytes)
            if count == 0:  # a record of the output channel, which is larger than a piece of a line
                data = segment.read(offset, LARGEST_BYTES)
                count, size = walk(data, max_records, max_bytes)
            data = data[:size]
        self.cursor = (first + count, segment, offset + len(data))
        return count, data

    def _locate(self, first: int) -> tuple[Segment, int]:
        if self.cursor and self.cursor[0] == first < self.cursor[1].next:
            return self.cursor[1], self.cursor[2]
        segment = next(segment for segment in self.segments if first < segment.next)
        number, offset = segment.marks[bisect.bisect_right(segment.marks, (first, 1 << 62)) - 1]
        if number < first:
            offset += walk(segment.read(offset, segment.size - offset), first - number, 1 << 62)[1]
        return segment, offset

    def acknowledge(self, n: int) -> None:
        """Forgets the records up to number `n`."""
        with self.changed:
            self.acked = max(self.acked, n)
            while self.segments and self.segments[0].next <= self.acked + 1:
                if len(self.segments) == 1 and self.segments[0].size < self.segment_bytes // 2:
                    break  # its file goes on being used
                segment = self.segments.popleft()
                self.size -= segment.size
                segment.drop()
            if self.lost and self._close_gap(self.last_at):
                self.changed.notify_all()
