"""The SHA-256 of a file and of its parts, of one state of it: whoever changes it meanwhile is noticed."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

BLOCK_BYTES = 1 << 20


class Changed(Exception):
    """The file is not what it was when its hash was taken."""


class Hashed:
    """`parts` are the hashes of its parts when it is larger than one, else None. `state` tells whether it was changed since."""

    def __init__(self, size: int, sha256: str, parts: list[str] | None, state: tuple):
        self.size, self.sha256, self.parts, self.state = size, sha256, parts, state


def state_of(fd: int) -> tuple:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def hash_file(fd: int, part_bytes: int, step: Callable[[int], None]) -> Hashed:
    """Reads it once. `step` hears of every block, and may raise to end this. @raises Changed, OSError"""
    state = state_of(fd)
    size, at = state[2], 0
    whole, part, parts = hashlib.sha256(), hashlib.sha256(), []
    block = memoryview(bytearray(min(BLOCK_BYTES, max(size, 1))))
    in_parts = size > part_bytes
    while at < size:
        left = min(size, (at // part_bytes + 1) * part_bytes) - at if in_parts else size - at
        got = os.preadv(fd, [block[:min(len(block), left)]], at)
        if got == 0:
            raise Changed
        whole.update(block[:got])
        if in_parts:
            part.update(block[:got])
            if got == left:
                parts.append(part.hexdigest())
                part = hashlib.sha256()
        at += got
        step(got)
    if state_of(fd) != state:
        raise Changed
    return Hashed(size, whole.hexdigest(), parts if in_parts else None, state)
