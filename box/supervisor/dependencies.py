"""Dependencies: what a job's requirements.txt names is installed before its script starts, once per organisation and box.

`install` runs in a child of the guard, so a cancel, a deadline or the supervisor's death ends it like a script, and what it
writes to its stderr stands in the job's log.
"""
from __future__ import annotations

import os
import re
import sys
import time

from cache import UNUSED_SECONDS, locked, make_private, remove, say, write

#: Lines of requirements.txt that mean files of the bundle, so that their content is not all there is to it.
LOCAL = re.compile(rb"(?m)^\s*(-r|-c|-e|-f|--requirement|--constraint|--editable|--find-links|\.|/|file:)|@\s*file:"
                   rb"|\.(whl|zip|gz)\s*$")
NO_CONNECTION = re.compile(r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|Name or service not known|SSLError"
                           r"|name resolution|Network is unreachable|Connection refused|Connection to \S+ timed out")


class Plan:
    """What to install for one attempt, and where. `job` is the script's directory, `own` a directory for what is not cached."""

    def __init__(self, job: str, own: str, cache: str | None, environment: dict[bytes, bytes], bundle_sha256: str):
        self.job, self.own, self.cache = job, own, cache
        self.environment = environment
        self.bundle_sha256 = bundle_sha256

    def key(self) -> str:
        """Names everything that the outcome depends on: requirements, options of pip from outside, and this Python."""
        import hashlib
        with open(os.path.join(self.job, "requirements.txt"), "rb") as file:
            requirements = file.read()
        parts = [requirements, os.uname().machine.encode(), (sys.implementation.cache_tag or "").encode()]
        parts += sorted(name + b"=" + value for name, value in self.environment.items() if name.startswith(b"PIP_"))
        if LOCAL.search(requirements):
            parts.append(self.bundle_sha256.encode())
        return f"py{sys.version_info[0]}.{sys.version_info[1]}-{hashlib.sha256(chr(0).encode().join(parts)).hexdigest()}"


class Failed(Exception):
    """The dependencies could not be installed; the words are for people."""


def is_needed(job: str) -> bool:
    """True when the job's files name dependencies."""
    try:
        with open(os.path.join(job, "requirements.txt"), "rb") as file:
            return any(line.strip() and not line.strip().startswith(b"#") for line in file)
    except FileNotFoundError:
        return False


def install(plan: Plan) -> tuple[str, bool]:
    """Installs, unless an earlier attempt has. Returns the directory for PYTHONPATH, and whether it was there. @raises Failed."""
    began = time.monotonic()
    try:
        cache = plan.cache if plan.cache and make_private(plan.cache, "the dependencies are") else None
        if cache is None:
            os.makedirs(plan.own, 0o700, exist_ok=True)
            target = os.path.join(plan.own, "packages")
            _run_pip(plan, target, None)
        else:
            target = os.path.join(cache, plan.key())
            with locked(target + ".lock", "waiting for another job that installs the same dependencies"):
                if os.path.isdir(target):
                    os.utime(target)
                    say(f"dependencies were installed before ({os.path.basename(target)[:14]}…)")
                    return target, True
                _forget_unused(cache)
                for name in os.listdir(cache):
                    if name.startswith(os.path.basename(target) + ".new-"):
                        remove(os.path.join(cache, name))  # of an attempt that was ended in the middle
                staging = f"{target}.new-{os.urandom(6).hex()}"
                _run_pip(plan, staging, os.path.join(cache, "pip"))
                os.rename(staging, target)
    except OSError as problem:
        raise Failed(str(problem)) from None
    say(f"installed dependencies in {time.monotonic() - began:.1f} s")
    return target, False


def _forget_unused(cache: str) -> None:
    """Removes what no job used for a long time, so that the box's disk does not fill up. The small lock files stay."""
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if re.fullmatch(r"py\d+\.\d+-[0-9a-f]{64}(\.new-\w+)?", name) and time.time() - os.lstat(path).st_mtime > UNUSED_SECONDS:
            remove(path)


def _run_pip(plan: Plan, target: str, pip_cache: str | None) -> None:
    """@raises Failed, saying why as far as pip's words tell."""
    import subprocess
    temporary = os.path.join(plan.own, "tmp")
    os.makedirs(temporary, 0o700, exist_ok=True)
    keep = ["--cache-dir", pip_cache] if pip_cache else ["--no-cache-dir"]
    # -I: modules in the job's directory must not take the place of pip's.
    command = [sys.executable, "-I", "-m", "pip", "--no-input", "--disable-pip-version-check", *keep, "install",
               "--progress-bar", "off", "--no-warn-script-location", "--target", target, "-r", "requirements.txt"]
    environment = {b"PIP_RETRIES": b"2", **plan.environment, b"TMPDIR": os.fsencode(temporary), b"PIP_REQUIRE_VIRTUALENV": b"0",
                   b"PIP_ROOT_USER_ACTION": b"ignore", b"PYTHONUNBUFFERED": b"1"}
    pip = subprocess.Popen(command, cwd=plan.job, env=environment, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = b""
    assert pip.stdout is not None
    while data := os.read(pip.stdout.fileno(), 65536):
        write(data)
        said = (said + data)[-65536:]
    code = pip.wait()
    remove(temporary)
    if code != 0:
        remove(target)
        raise Failed(explain(said.decode("utf-8", "replace"), code))
    os.makedirs(target, 0o700, exist_ok=True)  # pip makes none when markers exclude everything


def explain(said: str, code: int) -> str:
    """Why pip ended with `code`, in words that tell what to do."""
    python = f"{sys.executable}, {'.'.join(map(str, sys.version_info[:3]))}"
    if "No module named pip" in said:
        return f"the Python of this box ({python}) has no pip. Install it there (Debian: apt install python3-pip)."
    if "externally-managed-environment" in said:
        return (f"the Python of this box ({python}) is managed by its operating system (PEP 668), and its pip refuses even a "
                "directory of the job's own. PIP_BREAK_SYSTEM_PACKAGES=1 in the job's env allows it.")
    errors = [line[len("ERROR:"):].strip() for line in said.splitlines() if line.startswith("ERROR:")]
    errors = [line for line in errors if not line.startswith("No matching distribution")] or errors
    why = " ".join(errors[-2:])[:1000] or f"pip ended with {code} (see the log)."
    if NO_CONNECTION.search(said):
        return ("this box does not reach the package index. Name one that it reaches by PIP_INDEX_URL in the job's env, or bring "
                f"wheels in the bundle (--no-index and --find-links in requirements.txt). pip says: {why}")
    return why if code > 0 else f"pip was ended by signal {-code}."
