"""The output channel: records `<encoder> <length> <payload>` that a script's lager library writes to LAGER_OUTPUT_CHANNEL."""
from __future__ import annotations

import json
import re

from lines import PIECE_BYTES, TORN, Piece
from mask import MaskedStream, Masker

#: A larger record, as it came or as a line, is kept raw, in pieces flagged torn: as one line it would not fit into a batch.
MAX_RECORD_BYTES = 980_000
HEAD = re.compile(rb"([1-4]) (\d{1,9}) ")
HEAD_START = re.compile(rb"[1-4]( (\d{1,9} ?)?)?")
HEAD_MAX_BYTES = 12
RAW, PICKLE, JSON, YAML = 1, 2, 3, 4


class ChannelDecoder:
    """Turns the bytes of the channel into one piece a record. What is no record is kept as it came, flagged torn."""

    def __init__(self, masker: Masker | None = None) -> None:
        self.rest = b""
        self.masker, self.torn = masker, MaskedStream(masker) if masker else None

    def feed(self, data: bytes) -> list[Piece]:
        self.rest += data
        pieces: list[Piece] = []
        while self.rest:
            head = HEAD.match(self.rest)
            if head is None:
                if len(self.rest) < HEAD_MAX_BYTES and HEAD_START.fullmatch(self.rest):
                    break  # the rest of the head is still to come
                pieces += self._tear()
                break
            encoder, length = int(head[1]), int(head[2])
            if length > MAX_RECORD_BYTES:
                pieces += self._tear()
                break
            end = head.end() + length
            if len(self.rest) < end:
                break
            record, payload, self.rest = self.rest[:end], self.rest[head.end():end], self.rest[end:]
            try:
                line = decode(encoder, payload, self.masker)
            except (ValueError, RecursionError):
                pieces += self._torn(record)
            else:
                pieces += self._end_of_torn()
                pieces.append((line, 0))
        return pieces

    def flush(self) -> list[Piece]:
        """What is left when nothing more comes."""
        return self._tear() + self._end_of_torn()

    def _tear(self) -> list[Piece]:
        """What is left when nothing sensible can come of it."""
        rest, self.rest = self.rest, b""
        return self._torn(rest)

    def _torn(self, data: bytes) -> list[Piece]:
        return _cut(self.torn.feed(data) if self.torn else data)

    def _end_of_torn(self) -> list[Piece]:
        return _cut(self.torn.finish()) if self.torn else []


def decode(encoder: int, payload: bytes, masker: Masker | None = None) -> bytes:
    """One line of JSON for a record. Pickles are never loaded. @raises ValueError when the payload is not what it says."""
    if encoder == JSON:
        value = json.loads(payload)
        return _line("json", masker.mask_value(value) if masker else value)
    if encoder == YAML:
        return _line("yaml", (masker.mask(payload) if masker else payload).decode())
    if encoder == PICKLE:
        return _line("pickle", {"sizeBytes": len(payload)})
    import binascii
    return _line("raw", binascii.b2a_base64(masker.mask(payload) if masker else payload, newline=False).decode())


def _line(encoding: str, value: object) -> bytes:
    line = json.dumps({"encoding": encoding, "value": value}, allow_nan=False).encode()
    if len(line) > MAX_RECORD_BYTES:
        raise ValueError("too long for one record of the log")
    return line


def _cut(data: bytes) -> list[Piece]:
    return [(data[start:start + PIECE_BYTES], TORN) for start in range(0, len(data), PIECE_BYTES)]
