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


def note(kind, text):
    with open(os.path.join(folder, "%s.%s" % (name, kind)), "a") as file:
        file.write(text + "\n")


note("starts", str(os.getpid()))
slot = open(os.path.join(folder, "%s.slot" % os.environ["LAGER_BOX_ID"]), "w")
try:
    fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    note("overlaps", os.environ["LAGER_BOX_ID"])
for n in range(1, lines + 1):
    note("lines", "%s %d" % (name, n))
    print("%s %d" % (name, n), flush=True)
    time.sleep(pause)
block = hashlib.sha256(name.encode()).digest()
with open(os.path.join(os.environ["STOUT_ARTIFACTS"], "data.bin"), "wb") as artifact:
    artifact.write(block * (size // len(block)))
note("ends", str(code))
sys.exit(code)
