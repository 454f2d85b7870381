"""Bundles that are too large for the claim's answer: fetched from the object store into a file, once per organisation and box.

Runs in a child of the guard, so a cancel, a deadline or the supervisor's death ends it like a script.
"""
from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable

import cache
from bundle import Bundle
from collect import in_words
from dependencies import Failed
from storeline import StoreLine
from wire import Gone, Trouble, jittered

#: Bundles of one organisation may take so much of a box's disk; those that were not used for the longest time go first.
KEPT_BYTES = 5 << 30
DAMAGED_TRIES = 3
#: After so many tries in a row that came to nothing a fresh URL is asked for, whatever the store said.
TRIES_WITH_ONE_URL = 4
BLOCK_BYTES = 1 << 20


def open_bundle(bundle: Bundle, note: Callable[[str], None]) -> int:
    """An open file with the bundle's content, whose hash was compared. `note` hears of trouble.
    @raises OSError, or Failed"""
    folder = os.path.join(bundle.cache or "", "bundles")
    if not bundle.cache or not all(cache.make_private(path, "the bundle is") for path in (bundle.cache, folder)):
        path = os.path.join(bundle.own, "bundle.zip")
        fd = _fetch(bundle, path, note)
        os.unlink(path)
        return fd
    path = os.path.join(folder, f"{bundle.sha256}.zip")
    with cache.locked(os.path.join(folder, f"{bundle.sha256[:2]}.lock"), "waiting for another job that fetches a bundle"):
        fd = _open_kept(path, bundle.sha256)
        if fd is None:
            make_room(folder, bundle.size, KEPT_BYTES)
            for name in os.listdir(folder):
                if name.startswith(bundle.sha256 + ".new-"):
                    os.unlink(os.path.join(folder, name))  # of a job that was ended in the middle
            staging = f"{path[:-4]}.new-{os.urandom(6).hex()}"
            try:
                fd = _fetch(bundle, staging, note)
                os.rename(staging, path)
            except BaseException:
                if os.path.exists(staging):
                    os.unlink(staging)
                raise
        return fd


def _open_kept(path: str, sha256: str) -> int | None:
    """The file of an earlier job, if it is still what it was."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if hash_of(fd) == sha256:
        os.utime(path)
        return fd
    os.close(fd)
    os.unlink(path)
    return None


def make_room(folder: str, size: int, limit: int) -> None:
    """Removes bundles that no job used for a long time, and then the least recently used ones until `size` more fit."""
    kept = []
    for name in os.listdir(folder):
        if re.fullmatch(r"[0-9a-f]{64}(\.zip|\.new-\w+)", name):
            found = os.lstat(os.path.join(folder, name))
            kept.append((found.st_mtime, found.st_size, name))
    total = size + sum(entry[1] for entry in kept)
    for used, taken, name in sorted(kept):
        if total > limit or time.time() - used > cache.UNUSED_SECONDS:
            total -= taken
            try:
                os.unlink(os.path.join(folder, name))
            except FileNotFoundError:
                pass  # another job was quicker


def hash_of(fd: int) -> str:
    found, at = hashlib.sha256(), 0
    while block := os.pread(fd, BLOCK_BYTES, at):
        found.update(block)
        at += len(block)
    return found.hexdigest()


def _fetch(bundle: Bundle, path: str, note: Callable[[str], None]) -> int:
    """Fetches into a new file, for as long as that makes progress."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    began = time.monotonic()
    for _ in range(DAMAGED_TRIES):
        os.truncate(fd, 0)
        Fetching(bundle, fd, note).run()
        if hash_of(fd) == bundle.sha256:
            cache.say(f"fetched the bundle ({in_words(bundle.size)}) in {time.monotonic() - began:.1f} s")
            return fd
    raise Failed("the bundle arrived damaged (its hash differs)")


class Fetching:
    """One bundle on its way into a file. What is there already is not asked for again."""

    def __init__(self, bundle: Bundle, fd: int, note: Callable[[str], None]):
        self.bundle, self.fd, self.note = bundle, fd, note
        self.line = StoreLine(bundle.ca, bundle.stall_seconds)
        self.url, self.got = bundle.url, 0
        self.moved_at = time.monotonic()

    def run(self) -> None:
        """@raises Failed when it is given up"""
        tries = 0
        while self.got < self.bundle.size:
            before, refused = self.got, False
            try:
                refused, problem = self._try()
            except Trouble as trouble:
                problem = str(trouble)
            if self.got > before:
                self.moved_at, tries = time.monotonic(), 0
            if self.got >= self.bundle.size:
                return
            place = self.url.partition("://")[2].partition("/")[0]
            self.note(f"{place}: {problem}")
            if time.monotonic() - self.moved_at > self.bundle.patience_seconds:
                raise Failed(f"the bundle could not be fetched from {place} ({problem})")
            tries += 1
            time.sleep(jittered(tries))
            if refused or tries % TRIES_WITH_ONE_URL == 0:
                self._renew()

    def _try(self) -> tuple[bool, str]:
        """Whether the URL was refused, and what was wrong."""
        status = self.line.get(self.url, self.got, self._take)
        return 400 <= status < 500, f"it answered with {status}" if status >= 300 else "it sent too little"

    def _take(self, offset: int, data: memoryview) -> None:
        if offset + len(data) > self.bundle.size:
            raise Trouble("it sent too much")
        try:
            while data:
                written = os.pwrite(self.fd, data, offset)
                offset, data = offset + written, data[written:]
        except OSError as problem:
            raise Failed(f"the bundle could not be written ({problem.strerror})") from None
        self.got = offset

    def _renew(self) -> None:
        try:
            self.url = self.bundle.renew()
        except Gone:
            raise Failed("the attempt is no longer this supervisor's") from None
        except Trouble as trouble:
            self.note(f"no fresh URL: {trouble}")
