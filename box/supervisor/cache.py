"""What is kept on a box between jobs, in one private folder for each organisation: dependencies and bundles. Used by the children
that prepare a script; what they say stands in the job's log."""
from __future__ import annotations

import os
import re

#: An entry that no job used for so long is removed. Longer than any job may run.
UNUSED_SECONDS = 30 * 86400


def cache_directory(temporary: str, key: str) -> str:
    """Where an organisation's things are kept. @raises ValueError for a key that is no plain name."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key):
        raise ValueError("cacheKey must be 1 to 64 letters, digits, '_' or '-'")
    return os.path.join(temporary, f"stout-cache-{key}")


def make_private(path: str, things: str) -> bool:
    """Makes a directory that is ours alone. False, said in the log, when somebody else's is there: `things` are not kept then."""
    import stat
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(path)
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077:
        return True
    say(f"{path} belongs to somebody else, or others may enter it: {things} not kept")
    return False


class locked:
    """Holds a lock file: of jobs that need the same at once, one makes it. `waiting` is said when that is another one."""

    def __init__(self, path: str, waiting: str):
        self.path, self.waiting = path, waiting

    def __enter__(self) -> None:
        import fcntl
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(self.waiting)
            fcntl.flock(self.fd, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def say(text: str) -> None:
    write(f"[stout] {text}\n".encode())


def write(data: bytes) -> None:
    """Writes to the job's stderr."""
    while data:
        data = data[os.write(2, data):]


def remove(path: str) -> None:
    import shutil
    shutil.rmtree(path, ignore_errors=True)
