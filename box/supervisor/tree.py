"""A folder whose files may be opened, and nothing else: every step is taken from an open folder and follows no link by itself, so
that whatever stands in it, nothing outside of it is ever opened."""
from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

#: Of one folder so many names are looked at, the first by order: its size must not become this program's.
MAX_NAMES = 10_000
MAX_DEPTH = 64
MAX_LINKS = 40
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}

#: A place below the root: the names of the folders that lead there, and its own.
Parts = tuple[bytes, ...]


class NotKept(Exception):
    """A file that is not sent. `state` is `skipped` (a limit, or what it is) or `failed` (it should have been kept)."""

    def __init__(self, state: str, why: str):
        super().__init__(why)
        self.state, self.why = state, why


class Tree:
    """@raises OSError when there is no such folder, or a link in its place."""

    def __init__(self, path: bytes):
        self.root = os.open(path, FOLDER)
        self.paths = (path.rstrip(b"/"), os.path.realpath(path))
        self.passed_over = 0

    def walk(self) -> Iterator[tuple[Parts, os.stat_result | None, NotKept | None]]:
        """Everything below that is no folder, in a stable order, with what it is and, for folders that can't be read, why.
        `passed_over` counts names that were one too many for their folder."""
        return self._walk(os.dup(self.root), ())

    def _walk(self, fd: int, parts: Parts) -> Iterator[tuple[Parts, os.stat_result | None, NotKept | None]]:
        try:
            try:
                names = self._names(fd)
            except OSError as problem:
                yield parts, None, unreadable(problem, "the folder")
                return
            for name in names:
                here = (*parts, name)
                try:
                    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                except OSError:
                    continue  # it went meanwhile; nobody had seen it
                if not stat.S_ISDIR(found.st_mode):
                    yield here, found, None
                elif len(here) > MAX_DEPTH:
                    yield here, found, NotKept("failed", f"it lies deeper than {MAX_DEPTH} folders")
                else:
                    try:
                        below = os.open(name, FOLDER, dir_fd=fd)
                    except OSError as problem:
                        yield here, found, unreadable(problem, "the folder")
                        continue
                    yield from self._walk(below, here)
        finally:
            os.close(fd)

    def _names(self, fd: int) -> list[bytes]:
        names: list[bytes] = []
        with os.scandir(fd) as entries:
            for entry in entries:
                names.append(os.fsencode(entry.name))
                if len(names) >= 2 * MAX_NAMES:
                    self._cut(names)
        self._cut(names)
        return names

    def _cut(self, names: list[bytes]) -> None:
        names.sort()
        self.passed_over += max(0, len(names) - MAX_NAMES)
        del names[MAX_NAMES:]

    def open(self, parts: Parts) -> int:
        """Opens a regular file for reading. @raises OSError, or NotKept when it is something else."""
        folder = self._folder_of(parts)
        try:
            fd = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        finally:
            os.close(folder)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        raise NotKept("skipped", "it is no file")

    def _folder_of(self, parts: Parts) -> int:
        """Opens the folder that something stands in. @raises OSError, also when there is a link on the way."""
        folder = os.dup(self.root)
        for name in parts[:-1]:
            above = folder
            try:
                folder = os.open(name, FOLDER, dir_fd=above)
            finally:
                os.close(above)
        return folder

    def target(self, parts: Parts) -> tuple[Parts, os.stat_result]:
        """The regular file within this folder that a link leads to, by any number of links. @raises NotKept for any other"""
        done: list[bytes] = []
        todo, links = list(reversed(parts)), 0
        found = os.fstat(self.root)
        while todo:
            name = todo.pop()
            if name == b"..":
                if not done:
                    raise NotKept("skipped", "it is a link that leads out of the folder")
                done.pop()
                continue
            try:
                folder = self._folder_of((*done, name))
                try:
                    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    where = os.readlink(name, dir_fd=folder) if stat.S_ISLNK(found.st_mode) else None
                finally:
                    os.close(folder)
            except OSError:
                raise NotKept("skipped", "it is a link that leads nowhere") from None
            if where is None:
                done.append(name)
                continue
            links += 1
            if links > MAX_LINKS:
                raise NotKept("skipped", "it is a link that leads to itself")
            if where.startswith(b"/"):
                done, where = [], self._from_root(where)
            todo += [name for name in reversed(where.split(b"/")) if name not in (b"", b".")]
        if not stat.S_ISREG(found.st_mode) or not done:
            raise NotKept("skipped", f"it is a link to {KINDS.get(stat.S_IFMT(found.st_mode), 'a folder')}")
        return tuple(done), found

    def _from_root(self, where: bytes) -> bytes:
        for path in self.paths:
            if (where + b"/").startswith(path + b"/"):
                return where[len(path):]
        raise NotKept("skipped", "it is a link that leads out of the folder")


def unreadable(problem: OSError, what: str = "it") -> NotKept:
    if problem.errno == errno.ENOENT:
        return NotKept("failed", "it was deleted before it was uploaded")
    return NotKept("failed", f"{what} can't be read ({problem.strerror or problem})")
