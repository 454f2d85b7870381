"""Lines and records: how the bytes of a stream become numbered records of the log (docs/box-api.md, POST /log)."""
from __future__ import annotations

import struct

STDOUT, STDERR, OUTPUT = 1, 2, 3
PARTIAL, GAP, TORN = 1, 2, 4
#: Longer lines are cut into pieces of this size, each but the last flagged partial.
PIECE_BYTES = 65536

HEADER = struct.Struct(">4sII")
RECORD = struct.Struct(">qBBI")

#: Bytes of a record, and its flags.
Piece = tuple[bytes, int]


class LineSplitter:
    """Splits one stream at newlines. The newline is not part of a piece; everything else is kept as it is."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that `data` completes; what follows the last newline waits for `flush`."""
        if self.rest:
            data = self.rest + data
        lines = data.split(b"\n")
        rest = lines.pop()
        pieces: list[Piece] = []
        for line in lines:
            if len(line) > PIECE_BYTES:
                line = _cut(line, pieces)
            pieces.append((line, 0))
        self.rest = _cut(rest, pieces) if len(rest) > PIECE_BYTES else rest
        return pieces

    def flush(self) -> list[Piece]:
        """An unfinished line, flagged partial."""
        rest, self.rest = self.rest, b""
        return [(rest, PARTIAL)] if rest else []


def _cut(line: bytes, pieces: list[Piece]) -> bytes:
    """Puts all full pieces of a long line into `pieces` and returns what remains, which is not empty."""
    start = 0
    while len(line) - start > PIECE_BYTES:
        pieces.append((line[start:start + PIECE_BYTES], PARTIAL))
        start += PIECE_BYTES
    return line[start:]


def encode(at: int, stream: int, pieces: list[Piece]) -> bytes:
    """Records of the wire format. `at` is in microseconds since the epoch."""
    pack, parts = RECORD.pack, []
    for data, flags in pieces:
        parts.append(pack(at, stream, flags, len(data)))
        parts.append(data)
    return b"".join(parts)


def walk(records: bytes, max_records: int, max_bytes: int) -> tuple[int, int]:
    """How many whole records at the start of `records` stay within both limits, at least one, and their size."""
    count = size = 0
    while count < max_records and size + RECORD.size <= len(records):
        end = size + RECORD.size + RECORD.unpack_from(records, size)[3]
        if end > len(records) or (end > max_bytes and count > 0):
            break
        count, size = count + 1, end
    return count, size
