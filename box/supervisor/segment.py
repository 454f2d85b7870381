"""A segment of the spool: a run of consecutive records in one file, or in memory when the disk takes no more."""
from __future__ import annotations

import os

#: Records are appended in slices of at most so many, or so many bytes.
SLICE_RECORDS, SLICE_BYTES = 2000, 128 << 10


class Segment:
    """A run of consecutive records, in one file or, when there is no `path`, in memory."""

    def __init__(self, first: int, path: str | None):
        self.first, self.count, self.size = first, 0, 0
        self.path = path
        self.memory = bytearray()
        self.marks = [(first, 0)]  # (number, offset) at which a record begins, some way apart
        self.fd = -1 if path is None else os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    @property
    def next(self) -> int:
        return self.first + self.count

    def append(self, data: bytes, count: int) -> None:
        """@raises OSError when the disk does not take all of it; the segment is then as before."""
        if self.path is None:
            self.memory += data
        else:
            self._write(data)
        if self.size - self.marks[-1][1] >= SLICE_BYTES // 2 or self.next - self.marks[-1][0] >= SLICE_RECORDS // 2:
            self.marks.append((self.next, self.size))
        self.size += len(data)
        self.count += count

    def _write(self, data: bytes) -> None:
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self.fd, data[done:] if done else data, self.size + done)
        except OSError:
            os.ftruncate(self.fd, self.size)
            raise

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.memory[offset:offset + length]) if self.path is None else os.pread(self.fd, length, offset)

    def drop(self) -> None:
        if self.path is not None:
            os.close(self.fd)
            try:
                os.unlink(self.path)
            except OSError:
                pass
