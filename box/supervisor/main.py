"""The launcher: what the box's runtime runs out of the uploaded zip, as `python3 -u main.py`.

It copies the supervisor to a directory of its own (the runtime deletes the extracted zip when this process ends), starts it
as a daemon and exits 0 at once: from then on the job depends on no connection and on no restart of the runtime. Any other exit
code is a refusal, and what it printed is the reason. It must parse on every Python that a box may have, old ones too.
"""
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

MODULES = ("supervisor.py", "run.py", "workplace.py", "guard.py", "guardlink.py", "processes.py", "reader.py", "lines.py",
           "mask.py", "outputchannel.py", "spool.py", "sender.py", "control.py", "boxlock.py", "wire.py", "bundle.py",
           "dependencies.py", "child.py", "phases.py", "ending.py", "inbox.py", "cache.py", "preparing.py", "fetch.py",
           "later.py", "tree.py", "collect.py", "hashing.py", "storeline.py", "boxapi.py", "journal.py", "uploads.py",
           "uploader.py", "watch.py", "artifacts.py")
# What the supervisor itself may need of the runtime's environment. It carries no LAGER_PROCESS_ID, so that the runtime's kill
# reaches the script and not the one that reports on it, and no secrets of the box.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "SSL_CERT_FILE",
        "SSL_CERT_DIR")


def refuse(reason):  # type: (str) -> NoReturn
    sys.stderr.write("stout: " + reason + "\n")
    sys.stderr.flush()
    os._exit(3)


def temporary_directory():
    """The same choice as tempfile.gettempdir(), whose import alone costs 20 ms."""
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    for path in [path for path in named if path] + ["/tmp", "/var/tmp", "/usr/tmp"]:
        if os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK):
            return os.path.abspath(path)
    refuse("no writable directory for temporary files")


def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        while data:
            data = data[os.write(fd, data):]
    finally:
        os.close(fd)


def read(path):
    with open(path, "rb") as source:
        return source.read()


def prepare(job_id, attempt):
    """Makes the attempt's own directory and returns its path. Its name is how a reap finds the supervisor."""
    directory = os.path.join(temporary_directory(), "stout-%s-%s-%s" % (job_id, attempt, os.urandom(6).hex()))
    os.mkdir(directory, 0o700)
    here = os.path.dirname(os.path.abspath(__file__))
    for name in MODULES + ("launch.json",):
        write(os.path.join(directory, name), read(os.path.join(here, name)))
    environment = [key + b"=" + value for key, value in os.environb.items() if key != b"STOUT_LAUNCH"]
    write(os.path.join(directory, "environment"), b"\0".join(environment))
    return directory


def become_supervisor(directory):
    """Turns this process, already in a session of its own, into the supervisor. Does not return."""
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    environment = {}  # type: dict[str, str]
    for name in KEPT:
        if name in os.environ:
            environment[name] = os.environ[name]
    os.execve(sys.executable, [sys.executable, "-I", "-S", os.path.join(directory, "supervisor.py")], environment)


def close_inherited(keep):
    """Closes every descriptor but the standard ones and `keep`: a daemon that held the runtime's would block it."""
    try:
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        descriptors = range(3, 1024)
    for fd in descriptors:
        if fd > 2 and fd != keep:
            try:
                os.close(fd)
            except OSError:
                pass


def main():
    if sys.version_info < (3, 10):
        refuse("Python 3.10 or newer is needed; this box runs %d.%d at %s" % (sys.version_info[0], sys.version_info[1], sys.executable))
    if not sys.executable or not sys.platform.startswith("linux"):
        refuse("only Linux boxes with a Python that knows its own path can run jobs")
    job_id, _, attempt = os.environ.get("STOUT_LAUNCH", "").partition("/")
    if not attempt.isdigit() or not job_id.replace("_", "").isalnum():
        refuse("STOUT_LAUNCH must be <jobId>/<attempt>")
    try:
        directory = prepare(job_id, attempt)
    except OSError as problem:
        refuse("cannot prepare the job's directory: %s" % problem)
    started, failed = os.pipe()  # close-on-exec: `started` ends when the supervisor runs, or says why it does not
    if os.fork() > 0:
        os.close(failed)
        problem = os.read(started, 4096)
        if problem:
            refuse("cannot start the supervisor: %s" % problem.decode())
        os._exit(0)
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    try:
        close_inherited(failed)
        become_supervisor(directory)
    except BaseException as problem:
        os.write(failed, str(problem).encode())
        os._exit(1)


if __name__ == "__main__":
    main()
