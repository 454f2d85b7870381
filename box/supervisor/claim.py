"""The claim: whether this supervisor may run the attempt, and all that it needs for it (docs/box-api.md, POST /claim)."""
from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from wire import LEAVE, Gone, Http, Trouble, jittered

VERSION = 1


class Settings:
    """What the launcher handed over: launch.json and the environment that the runtime gave it."""

    def __init__(self, launch: bytes, environment: dict[bytes, bytes]):
        told = json.loads(launch)
        self.url, self.ca = told["url"], told.get("ca")
        self.job_id, self.attempt = told["jobId"], told["attempt"]
        self.process_id, self.claim_token = told["processId"], told["claimToken"]
        self.give_up_seconds = told["giveUpSeconds"]
        self.environment = environment
        self.nonce = os.urandom(16).hex()
        self.renew_bundle = self._renew_bundle

    def _renew_bundle(self) -> str:
        """A fresh URL for the bundle, from the claim's answer told again. @raises Gone, or Trouble when nobody answers for a while"""
        granted = claim(Http(self.url, self.claim_token, self.ca), self, meanwhile=lambda: None)
        return granted.order["bundle"]["url"]


class Granted:
    """The claim's answer, and when (monotonic) it was asked for and read. What is secret is not in `order` any more."""

    def __init__(self, order: dict, sent: float, received: float):
        self.order, self.sent, self.received = order, sent, received
        self.run_token: str = order.pop("runToken")
        self.secrets: dict[str, str] = order.pop("secrets", None) or {}


def identity(environment: dict[bytes, bytes]) -> dict:
    with open("/proc/sys/kernel/random/boot_id") as file:
        boot_id = file.read().strip()
    return {
        "lagerBoxId": environment.get(b"LAGER_BOX_ID", b"unknown").decode("utf-8", "replace"),
        "hostname": os.uname().nodename, "bootId": boot_id,
        "python": ".".join(map(str, sys.version_info[:3])), "pid": os.getpid(),
    }


def claim(http: Http, settings: Settings, meanwhile: Callable[[], None]) -> Granted:
    """Asks for the attempt until an answer comes: always with the same nonce, so a lost answer is simply asked for again. Calls
    `meanwhile` before it reads one.
    @raises Gone when it is not ours, Trouble when nobody answered until the dispatch limit."""
    started, tries = time.monotonic(), 0
    while True:
        sent = time.monotonic()
        request = {"nonce": settings.nonce, "supervisorVersion": VERSION, "identity": identity(settings.environment),
                   "sentAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        try:
            http.send("POST", "/claim", request)
            meanwhile()
            answer = http.receive()
            if answer.status in LEAVE:
                raise Gone(answer.described())
            order = answer.json()
            if answer.status == 200 and "runToken" in order:
                return Granted(order, sent, time.monotonic())
            problem = answer.described()
        except Trouble as trouble:
            problem = str(trouble)
        pause = jittered(tries, longest=3.0)
        if time.monotonic() + pause > started + settings.give_up_seconds:
            raise Trouble(f"nobody granted the claim in time: {problem}")
        if tries == 0:
            print(f"claim: {problem}; asking again", flush=True)
        tries += 1
        time.sleep(pause)
