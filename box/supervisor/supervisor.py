"""The supervisor: a daemon on the box that runs one attempt of a job and tells the control plane about it.

Started by the launcher as `python3 -I -S <attempt's directory>/supervisor.py`. It claims the attempt, and only when that was
granted unpacks the script and starts it below a guard. See docs/box-api.md for what it says and docs/architecture.md for why.
"""
from __future__ import annotations

import os
import sys
import time

DIRECTORY = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, DIRECTORY)

import json  # noqa: E402

from wire import LEAVE, Gone, Http, Trouble, jittered  # noqa: E402

VERSION = 1


class Settings:
    """What the launcher left: launch.json and the environment that the runtime gave it."""

    def __init__(self, launch: dict, environment: dict[bytes, bytes]):
        self.url, self.ca = launch["url"], launch.get("ca")
        self.job_id, self.attempt = launch["jobId"], launch["attempt"]
        self.process_id, self.claim_token = launch["processId"], launch["claimToken"]
        self.give_up_seconds = launch["giveUpSeconds"]
        self.environment = environment
        self.nonce = os.urandom(16).hex()
        self.renew_bundle = self._renew_bundle

    def _renew_bundle(self) -> str:
        """A fresh URL for the bundle, from the claim's answer told again. @raises Gone, or Trouble when nobody answers for a while"""
        order, _, _ = claim(Http(self.url, self.claim_token, self.ca), self)
        return order["bundle"]["url"]


def take_settings() -> Settings:
    """Reads the settings and deletes them: the claim token is in no file any more."""
    with open(os.path.join(DIRECTORY, "launch.json"), "rb") as file:
        launch = json.load(file)
    with open(os.path.join(DIRECTORY, "environment"), "rb") as file:
        entries = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
    for name in ("launch.json", "environment"):
        os.unlink(os.path.join(DIRECTORY, name))
    return Settings(launch, {key: value for key, _, value in entries})


def get_ready() -> None:
    """What must be done before the answer to the claim is read, and takes as long as that answer: hides this process, loads the
    rest of the program and deletes its files, so that nothing is loaded any more once a script could write there."""
    if DIRECTORY not in sys.path:
        return
    import processes
    processes.harden("stout-super")
    processes.ignore_signals()
    import hashlib, later, run  # noqa: E401, F401
    later.keep(DIRECTORY)
    sys.path.remove(DIRECTORY)
    for name in os.listdir(DIRECTORY):
        if name.endswith(".py"):
            os.unlink(os.path.join(DIRECTORY, name))


def identity(environment: dict[bytes, bytes]) -> dict:
    with open("/proc/sys/kernel/random/boot_id") as file:
        boot_id = file.read().strip()
    return {
        "lagerBoxId": environment.get(b"LAGER_BOX_ID", b"unknown").decode("utf-8", "replace"),
        "hostname": os.uname().nodename, "bootId": boot_id,
        "python": ".".join(map(str, sys.version_info[:3])), "pid": os.getpid(),
    }


def claim(http: Http, settings: Settings) -> tuple[dict, float, float]:
    """Asks for the attempt until an answer comes: always with the same nonce, so a lost answer is simply asked for again.
    Returns the answer, and when (monotonic) it was asked for and read.
    @raises Gone when it is not ours, Trouble when nobody answered until the dispatch limit."""
    started, tries = time.monotonic(), 0
    while True:
        sent = time.monotonic()
        request = {"nonce": settings.nonce, "supervisorVersion": VERSION, "identity": identity(settings.environment),
                   "sentAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        try:
            http.send("POST", "/claim", request)
            get_ready()
            answer = http.receive()
            if answer.status in LEAVE:
                raise Gone(answer.described())
            order = answer.json()
            if answer.status == 200 and "runToken" in order:
                return order, sent, time.monotonic()
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


def open_log() -> None:
    """From here on, what goes wrong is told in supervisor.log, for whoever looks at the box."""
    fd = os.open(os.path.join(DIRECTORY, "supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def remove_directory() -> None:
    import shutil
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def main() -> None:
    settings = take_settings()
    open_log()
    http = Http(settings.url, settings.claim_token, settings.ca)
    try:
        order, sent, received = claim(http, settings)
    except (Gone, Trouble) as reason:
        print(f"claim: {reason}; leaving", flush=True)
        remove_directory()
        return
    http.token = order.pop("runToken")
    from reader import Clock
    from run import Run
    Run(DIRECTORY, settings, order, Clock(order["now"], sent, received), http).run()
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
