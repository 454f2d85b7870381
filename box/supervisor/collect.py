"""What a job leaves behind and wants kept: finds the files, gives each a name, and says of every other one why it is not sent."""
from __future__ import annotations

import os
import re
import stat

from mask import Masker
from tree import KINDS, NotKept, Parts, Tree, unreadable

#: Lager's own output folders, below the temporary directory that the runtime gives.
LAGER_FOLDERS = (b"lager-output", b"lager-results", b"lager-job-output")
#: So many that are not sent are named one by one; the rest is counted in one line.
MAX_NAMED = 999
MAX_PATH_BYTES = 1024


class File:
    """A file to be sent. `path` is what it is called; `parts` is where it lies in `tree`."""

    __slots__ = ("path", "source", "tree", "parts", "size")

    def __init__(self, path: str, source: str, tree: Tree, parts: Parts, size: int):
        self.path, self.source, self.tree, self.parts, self.size = path, source, tree, parts, size

    def described(self) -> dict:
        return {"path": self.path, "source": self.source, "sizeBytes": self.size}


class Collection:
    """Fills `files` and `untold` (as POST /skipped wants them). `limits` is `artifacts` of the claim's answer."""

    def __init__(self, limits: dict, masker: Masker | None):
        self.limits, self.masker = limits, masker
        self.files: list[File] = []
        self.untold: list[dict] = []
        self.taken: set[str] = set()
        self.size = 0
        self.unnamed = {"lines": 0, "sizeBytes": 0}

    def add_artifacts(self, folder: str) -> None:
        """Everything below $STOUT_ARTIFACTS."""
        self._add_tree(os.fsencode(folder), "artifacts", b"", lambda path, found: True)

    def add_globs(self, folder: str) -> None:
        """What the job's patterns match below its directory."""
        if self.limits.get("globs"):
            pattern = re.compile("|".join(map(translate, self.limits["globs"])), re.DOTALL)
            self._add_tree(os.fsencode(folder), "glob", b"",
                           lambda path, found: pattern.fullmatch(path.decode("utf-8", "surrogateescape")))

    def add_lager_output(self, temporary: bytes, since_ns: int) -> None:
        """What changed since `since_ns` in Lager's own output folders, when the job wants that."""
        for name in LAGER_FOLDERS if self.limits.get("lagerOutput") else ():
            self._add_tree(os.path.join(temporary, name), "lager", name + b"/",
                           lambda path, found: found is not None and found.st_ctime_ns >= since_ns)

    def finish(self) -> None:
        """Says in one line what was too much to be named."""
        if count := self.unnamed["lines"]:
            self.untold.append({"path": f"({count} more files)", "source": "artifacts", "sizeBytes": self.unnamed["sizeBytes"],
                                "state": "skipped", "why": f"there are more files than the {self.limits['maxFiles']} that are kept"})

    def _add_tree(self, folder: bytes, source: str, prefix: bytes, wanted) -> None:
        try:
            tree = Tree(folder)
        except FileNotFoundError:
            return
        except OSError as problem:
            if source != "lager":
                self._refuse(os.path.basename(folder), source, None, unreadable(problem, "the folder"))
            return
        for parts, found, problem in tree.walk():
            path = b"/".join(parts)
            if wanted(path, found):
                self._add(tree, parts, prefix + path, source, found, problem)
        self.unnamed["lines"] += tree.passed_over

    def _add(self, tree: Tree, parts: Parts, path: bytes, source: str, found, problem: NotKept | None) -> None:
        try:
            if problem:
                raise problem
            if stat.S_ISLNK(found.st_mode):
                parts, found = tree.target(parts)
            elif not stat.S_ISREG(found.st_mode):
                raise NotKept("skipped", f"it is {KINDS.get(stat.S_IFMT(found.st_mode), 'no file')}")
            self._check_limits(found.st_size)
            name = self._name(path)
            if name in self.taken:
                raise NotKept("skipped", f"another file has the path {name}")
            if len(name.encode()) > MAX_PATH_BYTES:
                raise NotKept("failed", f"its path is longer than {MAX_PATH_BYTES} bytes")
        except NotKept as refusal:
            self._refuse(path, source, found, refusal)
            return
        self.taken.add(name)
        self.size += found.st_size
        self.files.append(File(name, source, tree, parts, found.st_size))

    def _check_limits(self, size: int) -> None:
        if len(self.files) >= self.limits["maxFiles"]:
            raise NotKept("skipped", f"there are more files than the {self.limits['maxFiles']} that are kept")
        if size > self.limits["maxFileBytes"]:
            raise NotKept("skipped", f"it is larger than {in_words(self.limits['maxFileBytes'])}")
        if self.size + size > self.limits["maxTotalBytes"]:
            raise NotKept("skipped", f"with it the job's files would be larger than {in_words(self.limits['maxTotalBytes'])}")

    def _refuse(self, path: bytes, source: str, found, refusal: NotKept) -> None:
        size = found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None
        if len(self.untold) >= MAX_NAMED and refusal.state == "skipped":
            self.unnamed["lines"] += 1
            self.unnamed["sizeBytes"] += size or 0
            return
        name, n = self._name(path)[:MAX_PATH_BYTES // 4], 2
        free = name
        while free in self.taken:
            free, n = f"{name} ({n})", n + 1
        self.taken.add(free)
        self.untold.append({"path": free, "source": source, "sizeBytes": size, "state": refusal.state, "why": refusal.why})

    def _name(self, path: bytes) -> str:
        """What a file is called: without secrets, and readable whatever its bytes are."""
        path = self.masker.mask(path) if self.masker else path
        return re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", path.decode("utf-8", "backslashreplace"))


def translate(glob: str) -> str:
    """A pattern as an expression for a path: `*`, `?` and `[…]` within one name, `**` for any number of folders. One that ends
    in `/` means everything below."""
    parts = [part for part in (glob + "**" if glob.endswith("/") else glob).split("/") if part not in ("", ".")]
    expression = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part != "**":
            expression += _translate_name(part) + ("" if last else "/")
        elif last:
            expression += ".+"
        elif parts[at + 1] != "**":
            expression += "(?:.+/)?"
    return f"(?:{expression})"


def _translate_name(part: str) -> str:
    expression, at = "", 0
    while at < len(part):
        end = part.find("]", at + (3 if part[at + 1:at + 2] in ("!", "^") else 2)) if part[at] == "[" else -1
        if end > 0:
            inside = part[at + 1:end].replace("\\", "\\\\").replace("[", "\\[")
            expression += "(?!/)[" + ("^" + inside[1:] if inside[0] in "!^" else inside) + "]"
            at = end
        else:
            expression += {"*": "[^/]*", "?": "[^/]"}.get(part[at]) or re.escape(part[at])
        at += 1
    try:
        re.compile(expression)
    except re.error:  # a range the wrong way round
        return re.escape(part)
    return expression


def in_words(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
