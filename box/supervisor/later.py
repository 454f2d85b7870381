"""Modules that are needed late or seldom: their text is read before a script can write to their files, and compiled when they are
imported. So the script's start waits for none of them."""
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

NAMES = ("fetch", "tree", "collect", "hashing", "storeline", "boxapi", "journal", "uploads", "uploader", "watch", "artifacts")


class Kept:
    """Finds and loads these modules, as an entry of sys.meta_path."""

    def __init__(self, directory: str):
        self.texts = {}
        for name in NAMES:
            with open(os.path.join(directory, name + ".py"), "rb") as file:
                self.texts[name] = file.read()

    def find_spec(self, name: str, path: object = None, target: object = None, /) -> ModuleSpec | None:
        return type(sys.__spec__)(name, self) if name in self.texts else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None  # an ordinary one

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.texts[module.__name__], module.__name__ + ".py", "exec"), module.__dict__)


def keep(directory: str) -> None:
    sys.meta_path.append(Kept(directory))
