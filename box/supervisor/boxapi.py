"""Questions to the box API that are asked until they are answered: its outages delay uploads, they fail none."""
from __future__ import annotations

from collections.abc import Callable

from wire import LEAVE, Gone, Http, Trouble, jittered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar
    What = TypeVar("What")


class Refused(Exception):
    """The server will never take this message as it is."""


class Asker:
    """Asks by one connection, for one thread. `pause` waits, and may raise to end the asking; `down` hears whether it is in vain."""

    def __init__(self, http: Http, pause: Callable[[float], None], down: Callable[[bool], None]):
        self.http, self.pause, self.down = http, pause, down

    def ask(self, path: str, message: dict) -> dict:
        """@raises Gone, Refused, and whatever `pause` raises"""
        tries = 0
        try:
            while True:
                try:
                    answer = self.http.request("POST", path, message)
                    if 200 <= answer.status < 300:
                        return answer.json()
                    if answer.status in LEAVE:
                        raise Gone(answer.described())
                    if answer.status in (400, 413, 422):
                        raise Refused(answer.described())
                    problem = answer.described()
                except Trouble as trouble:
                    problem = str(trouble)
                if tries == 0:
                    print(f"artifacts: {path}: {problem}; trying again", flush=True)
                    self.down(True)
                tries += 1
                self.pause(jittered(tries))
        finally:
            if tries > 0:
                self.down(False)

    def ask_each(self, path: str, entries: list[tuple[What, dict]], refused: Callable[[What, str], None]) -> list[tuple[What, dict]]:
        """Asks for pairs of something and its entry in `files`, and returns what was answered for each. One that the server does
        not take is `refused` by itself. @raises as `ask`"""
        if not entries:
            return []
        try:
            files = self.ask(path, {"files": [entry for _, entry in entries]}).get("files") or [{}] * len(entries)
            if len(files) != len(entries):
                raise Refused(f"{len(entries)} files were answered with {len(files)}")
            return [(what, told) for (what, _), told in zip(entries, files)]
        except Refused as refusal:
            if len(entries) == 1:
                refused(entries[0][0], str(refusal))
                return []
        half = len(entries) // 2
        return self.ask_each(path, entries[:half], refused) + self.ask_each(path, entries[half:], refused)
