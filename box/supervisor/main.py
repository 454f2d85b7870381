"""The launcher: what the box's runtime runs out of the uploaded zip, as `python3 -u main.py`.

It starts the supervisor as a daemon in a directory of its own, hands it the program and the settings, and exits 0: from then on the
job depends on no connection and on no restart of the runtime. Any other exit code is a refusal, and what it printed is the reason. It
must parse on every Python that a box may have, old ones too.

The supervisor takes what it gets from a pipe, so that none of it stands in a file, and gets it compiled: this process does that while
the other one's Python starts.
"""
import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

HERE = os.path.dirname(os.path.abspath(__file__))
# What the supervisor itself may need of the runtime's environment. It carries no LAGER_PROCESS_ID, so that the runtime's kill
# reaches the script and not the one that reports on it, and no secrets of the box.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "SSL_CERT_FILE",
        "SSL_CERT_DIR")
# Handed over as they are, and compiled when a job has files to keep or to fetch.
LATE = ("fetch.py", "tree.py", "collect.py", "hashing.py", "storeline.py", "boxapi.py", "journal.py", "uploads.py", "uploader.py",
        "watch.py", "artifacts.py")


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


def read_program():
    """The supervisor's files. Each stands in `program` after a line with its name and its size."""
    files = {}
    with open(os.path.join(HERE, "program"), "rb") as program:
        for line in iter(program.readline, b""):
            name, size = line.decode().split()
            files[name] = program.read(int(size))
    return files


def prepare(job_id, attempt, supervisor):
    """Makes the attempt's own directory, with the one file that Python starts from, and returns its path. Its name is how a reap
    finds the supervisor."""
    directory = os.path.join(temporary_directory(), "stout-%s-%s-%s" % (job_id, attempt, os.urandom(6).hex()))
    os.mkdir(directory, 0o700)
    try:
        fd = os.open(os.path.join(directory, "supervisor.py"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "wb") as file:
            file.write(supervisor)
    except OSError:
        discard(directory)
        raise
    return directory


def discard(directory):
    """Removes what was prepared: a full disk must not fill up further with every try."""
    for name in os.listdir(directory):
        os.unlink(os.path.join(directory, name))
    os.rmdir(directory)


def close_inherited():
    """Closes every descriptor but the standard ones: a daemon that held the runtime's would block it."""
    try:
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        descriptors = range(3, 1024)
    for fd in descriptors:
        if fd > 2:
            try:
                os.close(fd)
            except OSError:
                pass


def spawn_supervisor(directory):
    """Starts the supervisor, in a session of its own, and returns the pipe that it reads. @raises OSError"""
    handed, handing = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    environment = {}  # type: dict[str, str]
    for name in KEPT:
        if name in os.environ:
            environment[name] = os.environ[name]
    os.chdir("/")
    command = [sys.executable, "-I", "-S", os.path.join(directory, "supervisor.py")]
    streams = [(os.POSIX_SPAWN_DUP2, fd, number) for fd, number in ((handed, 0), (null, 1), (null, 2))]
    os.posix_spawn(sys.executable, command, environment, file_actions=streams, setsid=True)
    os.close(handed)
    return handing


def hand_over(pipe, files):
    """Tells the supervisor what it runs, and with what: modules as code, or as text; launch.json; the runtime's environment."""
    modules = {}
    for name, text in files.items():
        modules[name[:-len(".py")]] = text if name in LATE else compile(text, name, "exec", dont_inherit=True)
    with open(os.path.join(HERE, "launch.json"), "rb") as file:
        launch = file.read()
    environment = {key: value for key, value in os.environb.items() if key != b"STOUT_LAUNCH"}
    try:
        with open(pipe, "wb") as taker:
            taker.write(marshal.dumps({"modules": modules, "launch": launch, "environment": environment}))
    except BrokenPipeError:
        pass  # it ended by itself: nobody claims the attempt, and the dispatch limit returns it


def main():
    if sys.version_info < (3, 10):
        refuse("Python 3.10 or newer is needed; this box runs %d.%d at %s" % (sys.version_info[0], sys.version_info[1], sys.executable))
    if not sys.executable or not sys.platform.startswith("linux"):
        refuse("only Linux boxes with a Python that knows its own path can run jobs")
    job_id, _, attempt = os.environ.get("STOUT_LAUNCH", "").partition("/")
    if not attempt.isdigit() or not job_id.replace("_", "").isalnum():
        refuse("STOUT_LAUNCH must be <jobId>/<attempt>")
    close_inherited()
    try:
        files = read_program()
        directory = prepare(job_id, attempt, files.pop("supervisor.py"))
    except OSError as problem:
        refuse("cannot prepare the job's directory: %s" % problem)
    try:
        pipe = spawn_supervisor(directory)
    except OSError as problem:
        discard(directory)
        refuse("cannot start the supervisor: %s" % problem)
    hand_over(pipe, files)
    os._exit(0)


if __name__ == "__main__":
    main()
