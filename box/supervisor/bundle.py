"""Bundles: a zip of files becomes a job's directory, and nothing outside of it is touched whatever the zip says."""
from __future__ import annotations

import binascii
import os
import stat
from collections.abc import Callable

MAX_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 500 << 20
COPY_BYTES = 1 << 20


class Bundle:
    """What the claim's answer says of a bundle: its `content`, or a `url` for it. `renew` asks for a fresh one and returns it.
    `own` is a directory for what is not kept in `cache`."""

    def __init__(self, told: dict, entry: str, own: str, cache: str | None, ca: str | None, renew: Callable[[], str], artifacts: dict):
        if told.get("kind") != "zip":
            raise ValueError(f"a bundle of kind {told.get('kind')!r} is not known here")
        self.sha256, self.size, self.entry = told["sha256"], told.get("sizeBytes", 0), entry
        self.content = binascii.a2b_base64(told["base64"]) if "base64" in told else None
        self.url, self.renew, self.ca = told.get("url", ""), renew, ca
        self.own, self.cache = own, cache
        self.patience_seconds = artifacts.get("uploadSeconds", 900)
        self.stall_seconds = artifacts.get("stallSeconds", 30)


def unpack(bundle, directory: str, entry: str = "main.py") -> None:
    """Unpacks a file into `directory`, which is empty. Files are the owner's alone; those marked executable stay so.
    @raises ValueError in words for people, or OSError."""
    import zipfile
    try:
        with zipfile.ZipFile(bundle) as opened:
            _unpack(opened, directory)
    except (OSError, ValueError):
        raise
    except Exception as problem:  # zipfile and zlib have many ways to say it
        raise ValueError(f"the bundle is damaged ({problem or type(problem).__name__})") from None
    below = not entry.startswith("/") and ".." not in entry.split("/")
    if not below or not os.path.isfile(os.path.join(directory, entry)):
        raise ValueError(f"the bundle has no {entry}")


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
