"""Bundles: a zip of files becomes a job's directory, and nothing outside of it is touched whatever the zip says."""
from __future__ import annotations

import os
import stat

MAX_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 500 << 20
COPY_BYTES = 1 << 20


def unpack(content: bytes, directory: str) -> None:
    """Unpacks into `directory`, which is empty. Files are the owner's alone; those marked executable stay so.
    @raises ValueError in words for people, or OSError."""
    import io
    import zipfile
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            _unpack(bundle, directory)
    except (OSError, ValueError):
        raise
    except Exception as problem:  # zipfile and zlib have many ways to say it
        raise ValueError(f"the bundle is damaged ({problem or type(problem).__name__})") from None
    if not os.path.isfile(os.path.join(directory, "main.py")):
        raise ValueError("the bundle has no main.py at its root")


def _unpack(bundle, directory: str) -> None:
    entries = bundle.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"the bundle has {len(entries)} entries; the limit is {MAX_ENTRIES}")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise ValueError(f"the bundle is larger than {MAX_UNPACKED_BYTES >> 20} MB unpacked")
    for entry in entries:
        path = _safe_path(entry, directory)
        try:
            if entry.is_dir():
                os.makedirs(path, 0o700, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            executable = (entry.external_attr >> 16) & 0o111
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o700 if executable else 0o600)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise ValueError(f"two entries of the bundle are in each other's way: {entry.filename!r}") from None
        with open(fd, "wb") as target, bundle.open(entry) as source:
            _copy(source, target, entry)


def _safe_path(entry, directory: str) -> str:
    """Where an entry belongs. @raises ValueError when that is not below `directory`, or the entry is no plain file or folder."""
    name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
    parts = name.rstrip("/").split("/")
    # orig_filename is the name before zipfile cut it at a NUL.
    if "\0" in entry.orig_filename or "\\" in name or name.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"the bundle has an entry that may lead outside of it: {entry.orig_filename!r}")
    if kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
        raise ValueError(f"the bundle has an entry that is neither file nor folder: {name!r}")
    if entry.flag_bits & 1:
        raise ValueError(f"the bundle has an encrypted entry: {name!r}")
    return os.path.join(directory, *parts)


def _copy(source, target, entry) -> None:
    """Writes one file. The size was promised; more than that is not believed."""
    left = entry.file_size
    while data := source.read(COPY_BYTES):
        left -= len(data)
        if left < 0:
            break
        target.write(data)
    if left != 0:
        raise ValueError(f"an entry of the bundle is not as large as it says: {entry.filename!r}")
