"""A small HTTP/1.1 client: one connection, kept alive. http.client would cost 50 ms before the script's first line."""
from __future__ import annotations

import json
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONNECT_SECONDS = 10
#: Answers that mean: it is not, or no longer, the one. Whoever gets one leaves.
LEAVE = (401, 403, 404, 409, 410)


class Trouble(Exception):
    """Nothing usable came back. The request may or may not have arrived; every request may be sent again."""


class Gone(Exception):
    """The server says that this supervisor is not, or no longer, the one."""


class Answer:
    def __init__(self, status: int, headers: dict, body: bytes):
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> dict:
        """The body as an object; {} when it is something else."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def described(self) -> str:
        return f"{self.status} {self.json().get('code', '')} {self.json().get('message', '')}".strip()


class Http:
    """Requests below one base URL. Not for use by two threads at once."""

    def __init__(self, url: str, token: str | None, ca: str | None = None, timeout: float = 30):
        scheme, _, rest = url.partition("://")
        place, _, path = rest.partition("/")
        self.secure = scheme == "https"
        self.path = "/" + path.rstrip("/") if path else ""
        self.place = place
        if place.startswith("["):
            host, _, port = place[1:].partition("]")
            port = port.lstrip(":")
        else:
            host, _, port = place.partition(":")
        self.host, self.port = host, int(port or (443 if self.secure else 80))
        self.token, self.ca, self.timeout = token, ca, timeout
        self.socket: socket.socket | None = None
        self.file = None

    def request(self, method: str, path: str, body: bytes | dict = b"", headers: str = "") -> Answer:
        """Sends and waits for the whole answer. @raises Trouble."""
        reused = self.send(method, path, body, headers)
        try:
            return self.receive()
        except Trouble:
            if not reused:
                raise
        self.send(method, path, body, headers)  # the server had closed an idle connection: not its fault, no back-off
        return self.receive()

    def send(self, method: str, path: str, body: bytes | dict = b"", headers: str = "") -> bool:
        """Sends a request; `receive` gets its answer. True when the connection had been used before. @raises Trouble."""
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), headers + "Content-Type: application/json\r\n"
        if self.token:
            headers += f"Authorization: Bearer {self.token}\r\n"
        head = (f"{method} {self.path}{path} HTTP/1.1\r\nHost: {self.place}\r\n{headers}"
                f"Content-Length: {len(body)}\r\n\r\n").encode("latin-1")
        kept = self.socket
        try:
            if kept is not None:
                try:
                    kept.sendall(head + body)
                    return True
                except OSError:
                    self.close()
            self.connect().sendall(head + body)
            return kept is not None
        except OSError as problem:
            self.close()
            raise Trouble(str(problem)) from None

    def receive(self) -> Answer:
        """The answer to what was sent last. @raises Trouble."""
        try:
            status, headers = self.head()
            if headers.get("transfer-encoding", "").lower() == "chunked":
                body = b"".join(self.chunks())
            elif "content-length" in headers:
                body = self.source().read(int(headers["content-length"]))
                if len(body) != int(headers["content-length"]):
                    raise Trouble("the answer was cut short")
            else:
                body = self.source().read()
                headers["connection"] = "close"
            if headers.get("connection", "").lower() == "close":
                self.close()
            return Answer(status, headers, body)
        except (OSError, ValueError, Trouble) as problem:
            self.close()
            raise Trouble(str(problem)) from None

    def lines(self):
        """The lines of an answer that stays open, as they come; ends with it. `timeout` is the longest silence. @raises Trouble."""
        rest = b""
        try:
            for chunk in self.chunks():
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
        except (OSError, ValueError, Trouble) as problem:
            raise Trouble(str(problem)) from None
        finally:
            self.close()

    def head(self) -> tuple[int, dict]:
        """Status and headers (names in lower case) of the answer to the last request."""
        source = self.source()
        first = source.readline(65536)
        if not first.startswith(b"HTTP/1."):
            raise Trouble("the connection was closed" if not first else "not an HTTP answer")
        status = int(first.split(None, 2)[1])
        headers = {}
        while (line := source.readline(65536)) not in (b"\r\n", b"\n"):
            if not line:
                raise Trouble("the connection was closed")
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if first.startswith(b"HTTP/1.0") and headers.get("connection", "").lower() != "keep-alive":
            headers["connection"] = "close"
        return status, headers

    def chunks(self):
        source = self.source()
        while True:
            size = int(source.readline(65536).split(b";")[0], 16)
            data = source.read(size)
            if len(data) != size or not source.readline(65536):
                raise Trouble("the answer was cut short")
            if size == 0:
                return
            yield data

    def source(self):
        """What the other side says. @raises Trouble when there is no connection (any more)."""
        if self.file is None:
            raise Trouble("the connection was closed")
        return self.file

    def connect(self) -> socket.socket:
        # As bytes: a str host would load the idna codec, which takes longer than the whole claim.
        host: Any = self.host.encode()
        connection = socket.create_connection((host, self.port), timeout=CONNECT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.secure:
            import ssl
            context = ssl.create_default_context()
            if self.ca:
                context.load_verify_locations(cadata=self.ca)
            connection = context.wrap_socket(connection, server_hostname=self.host)
        connection.settimeout(self.timeout)
        self.socket, self.file = connection, connection.makefile("rb")
        return connection

    def close(self) -> None:
        for thing in (self.file, self.socket):
            if thing is not None:
                try:
                    thing.close()
                except OSError:
                    pass
        self.socket = self.file = None


def jittered(tries: int, longest: float = 5.0) -> float:
    """Seconds to wait before the next try, after `tries` that failed in a row: doubling from 0.1 s, spread by half."""
    import random
    return min(0.1 * 2 ** min(tries, 10), longest) * random.uniform(0.5, 1.5)
