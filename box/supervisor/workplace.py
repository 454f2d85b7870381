"""The place a script runs in: its directory, its environment, and the descriptors that it writes to."""
from __future__ import annotations

import binascii
import fcntl
import json
import os

from child import Script
from claim import Granted, Settings

PIPE_BYTES = 1 << 20


def make_script(directory: str, settings: Settings, granted: Granted) -> Script:
    """Makes the attempt's directories; a bundle is unpacked there later, by a child of the guard. Takes out of the order what
    the script alone needs.
    @raises OSError, or ValueError when it arrived damaged or is no good."""
    order = granted.order
    given, environment = order.pop("script", None), {**order.pop("env"), **granted.secrets}
    zipped, cache_key, entry = order.pop("bundle", None), order.get("cacheKey"), order.get("entry") or "main.py"
    job, artifacts = os.path.join(directory, "job"), os.path.join(directory, "artifacts")
    os.mkdir(job, 0o700)
    os.mkdir(artifacts, 0o700)
    if not zipped:
        fd = os.open(os.path.join(job, entry), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "wb") as file:
            file.write(_content_of(given))
    ours = {
        "LAGER_PROCESS_ID": settings.process_id, "LAGER_OUTPUT_CHANNEL": channel_path(directory),
        "LAGER_HOST_MODULE_FOLDER": job, "STOUT_JOB_ID": settings.job_id, "STOUT_ATTEMPT": str(settings.attempt),
        "STOUT_ARTIFACTS": artifacts, "PYTHONUNBUFFERED": "1",
    }
    encoded = {os.fsencode(key): os.fsencode(value) for key, value in {**environment, **ours}.items()}
    encoded = {**settings.environment, **encoded}
    bundle = plan = None
    if zipped:
        from bundle import Bundle
        from cache import cache_directory
        from dependencies import Plan
        cache = cache_directory(os.path.dirname(directory), cache_key) if cache_key else None
        bundle = Bundle(zipped, entry, directory, cache, settings.ca, settings.renew_bundle, order.get("artifacts") or {})
        plan = Plan(job, os.path.join(directory, "dependencies"), cache, encoded, zipped["sha256"])
    return Script(job, entry, order["args"], encoded, settings.process_id, order["graceSeconds"], bundle, plan)


def _content_of(given: dict) -> bytes:
    content = binascii.a2b_base64(given["base64"])
    if _sha256()(content).hexdigest() != given["sha256"]:
        raise ValueError("it arrived damaged (its hash differs)")
    return content


def _sha256():
    """What hashlib itself falls back to: it would load OpenSSL first, which takes longer than the whole claim."""
    try:
        from _sha2 import sha256  # pyright: ignore[reportMissingImports] (from Python 3.12 on)
    except ImportError:
        try:
            from _sha256 import sha256  # pyright: ignore[reportMissingImports] (before)
        except ImportError:
            from hashlib import sha256
    return sha256


def channel_path(directory: str) -> str:
    return os.path.join(directory, "output-channel")


def open_output_channel(directory: str) -> int:
    """Makes the FIFO and holds it open for writing too, so that a script may open and close it as often as it likes."""
    os.mkfifo(channel_path(directory), 0o600)
    return os.open(channel_path(directory), os.O_RDWR | os.O_NONBLOCK)


def note_exit(directory: str, told: dict) -> None:
    """Writes down how the script ended, before it is told: should this program be killed, a reap tells it."""
    path = os.path.join(directory, "exit.json")
    try:
        fd = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(fd, "w") as file:
            json.dump(told, file)
        os.rename(path + ".new", path)
    except OSError:
        pass  # the disk is full, or the directory gone


def wide_pipe() -> tuple[int, int]:
    """A pipe with room for a burst; its read end does not block."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    try:
        fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        pass  # a limit of the box; a smaller pipe only makes the script wait sooner
    return read, write
