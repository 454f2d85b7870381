"""What chaos jobs run: says in files of its own what it does, so that Stout's record can be compared with it.

Arguments: folder of those files, number of lines, seconds between them, bytes of its artifact, exit code.
"""
import fcntl
import hashlib
import os
import sys
import time

folder, lines, pause, size, code = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
name = "%s-%s" % (os.environ["STOUT_JOB_ID"], os.environ["STOUT_ATTEMPT"])
BINARY = bytes(byte for byte in range(256) if byte != 10)


def note(kind, what):
    with open(os.path.join(folder, "%s.%s" % (name, kind)), "ab") as file:
        file.write(what)


def say(what):
    """Notes it first: what is printed was noted."""
    note("out", what)
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


def line(n):
    head = ("%s %d " % (name, n)).encode()
    if n % 17 == 3:
        return head + BINARY
    if n % 13 == 5:
        return head + "Gr\u00fc\u00dfe, \u4e16\u754c \U0001f680".encode()
    if n % 41 == 7:
        return head + b"long " * 15000
    return head


note("starts", b"%d\n" % os.getpid())
slot = open(os.path.join(folder, "%s.slot" % os.environ["LAGER_BOX_ID"]), "w")
try:
    fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    note("overlaps", os.environ["LAGER_BOX_ID"].encode() + b"\n")
for n in range(1, lines + 1):
    if n % 19 == 11:
        half = line(n)
        say(half)
        time.sleep(0.15)
        say(b"and its rest\n")
    else:
        say(line(n) + b"\n")
    time.sleep(pause)
block = hashlib.sha256(name.encode()).digest()
with open(os.path.join(os.environ["STOUT_ARTIFACTS"], "data.bin"), "wb") as artifact:
    artifact.write(block * (size // len(block)))
note("ends", b"%d\n" % code)
sys.exit(code)
