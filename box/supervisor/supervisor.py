"""The supervisor: a daemon on the box that runs one attempt of a job and tells the control plane about it.

Started by the launcher as `python3 -I -S <attempt's directory>/supervisor.py`, with the rest of the program and the settings on its
standard input, so that nothing is loaded from a place where a script could write. It claims the attempt, and only when that was granted
unpacks the script and starts it below a guard. See docs/box-api.md for what it says and docs/architecture.md for why.
"""
from __future__ import annotations

import io
import os
import sys

sys.dont_write_bytecode = True

# Needed first, and loaded while the launcher still compiles the rest.
import json  # noqa: E402, F401
import marshal  # noqa: E402
import socket  # noqa: E402, F401

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    from _typeshed import ReadableBuffer

DIRECTORY = os.path.dirname(os.path.abspath(__file__))


class Program:
    """Finds and loads the modules of this program, as an entry of sys.meta_path."""

    def __init__(self, modules: dict[str, CodeType | bytes]):
        self.modules = modules

    def find_spec(self, name: str, path: object = None, target: object = None, /) -> ModuleSpec | None:
        return type(sys.__spec__)(name, self) if name in self.modules else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None  # an ordinary one

    def exec_module(self, module: ModuleType) -> None:
        code = self.modules[module.__name__]
        if isinstance(code, bytes):
            code = compile(code, module.__name__ + ".py", "exec")
        exec(code, module.__dict__)


class LogFile(io.FileIO):
    """Never raises: on a full disk less is told, and whoever told it goes on."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def open_log() -> None:
    """From here on, what goes wrong is told in supervisor.log, for whoever looks at the box."""
    fd = os.open(os.path.join(DIRECTORY, "supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)
    sys.stdout = sys.stderr = io.TextIOWrapper(LogFile(1, "a", closefd=False), "utf-8", "backslashreplace", write_through=True)


def take_over() -> dict:
    """What the launcher hands over. @raises EOFError when it ended in the middle of it"""
    handed = marshal.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return handed


def get_ready() -> None:
    """What must be done before the answer to the claim is read, and takes as long as that answer: hides this process, and loads what
    comes next."""
    import processes
    processes.harden("stout-super")
    processes.catch_signals()
    import start  # noqa: F401


def remove_directory() -> None:
    import shutil
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def main() -> None:
    os.unlink(__file__)
    open_log()
    try:
        handed = take_over()
    except EOFError:
        return remove_directory()
    sys.meta_path.insert(0, Program(handed["modules"]))
    from claim import Settings, claim
    from wire import Gone, Http, Trouble
    settings = Settings(handed.pop("launch"), handed.pop("environment"))
    http = Http(settings.url, settings.claim_token, settings.ca)
    try:
        granted = claim(http, settings, meanwhile=get_ready)
    except (Gone, Trouble) as reason:
        print(f"claim: {reason}; leaving", flush=True)
        return remove_directory()
    http.token = granted.run_token
    from start import start
    started = start(DIRECTORY, settings, granted)
    from run import Run  # the script's Python starts meanwhile
    Run(DIRECTORY, settings, granted, http, started).run()
    remove_directory()


if __name__ == "__main__":
    code = 70  # a bug: the directory stays for a reap, and the guard ends the script when this process is gone
    try:
        main()
        code = 0
    except BaseException as problem:
        sys.excepthook(type(problem), problem, problem.__traceback__)
    finally:
        os._exit(code)
