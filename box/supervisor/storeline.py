"""The way to an object store: presigned requests as they stand, streamed between a file and one kept connection."""
from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import time
from collections.abc import Callable

from wire import Answer, Http, Trouble

BLOCK_BYTES = 256 << 10
TIOCOUTQ = 0x5411
#: A connection that moves less than so many bytes a second stands still.
STALL_BYTES_PER_SECOND = 1000


class StoreLine(Http):
    """One connection of one thread. Other threads may ask how far it is (`moved`) and cut it off (`abort`)."""

    def __init__(self, ca: str | None, timeout: float = 30):
        super().__init__("http://none", None, ca, timeout)
        self.handed = self.transfer = 0
        self.busy = self.aborted = False

    def put(self, url: str, headers: dict, fd: int, offset: int, size: int) -> Answer:
        """Sends `size` bytes of a file. The file may turn out shorter: EOFError then. @raises Trouble"""
        target = self._turn_to(url)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"PUT {target} HTTP/1.1\r\nHost: {self.place}\r\n{lines}Content-Length: {size}\r\n\r\n".encode("latin-1")
        self.handed, self.busy = 0, True
        self.transfer += 1
        try:
            if self.socket is not None:
                try:
                    return self._put(head, fd, offset, size)
                except Trouble:  # the store had closed an idle connection, most likely
                    self.handed = 0
            return self._put(head, fd, offset, size)
        finally:
            self.busy = False

    def _put(self, head: bytes, fd: int, offset: int, size: int) -> Answer:
        try:
            connection = self.socket or self.connect()
            if self.aborted:
                raise Trouble("it was cut off")
            connection.sendall(head)
            if not self._send_file(connection, fd, offset, size):
                answer = self.receive()  # it was refused before all of it was there
                self.close()
                return answer
        except OSError as problem:
            self.close()
            raise Trouble(str(problem) or type(problem).__name__) from None
        except EOFError:
            self.close()
            raise
        return self.receive()

    def _send_file(self, connection: socket.socket, fd: int, offset: int, size: int) -> bool:
        """False when the store answered in between. @raises OSError, EOFError"""
        block = memoryview(bytearray(min(BLOCK_BYTES, size)))
        answered = select.poll()
        answered.register(connection, select.POLLIN)
        end = offset + size
        while offset < end:
            got = os.preadv(fd, [block[:min(len(block), end - offset)]], offset)
            if got == 0:
                raise EOFError
            sent = 0
            while sent < got:
                count = connection.send(block[sent:got])
                sent += count
                self.handed += count
            offset += got
            if not self.secure and answered.poll(0):
                return False
        return True

    def get(self, url: str, offset: int, take: Callable[[int, memoryview], None]) -> int:
        """Has `take` called with what the store sends from `offset` on, or from the beginning when it knows no ranges. Returns
        the status; only 200 and 206 bring something. @raises Trouble, also when it stands still, and what `take` raises"""
        target = self._turn_to(url)
        self.send("GET", target, headers=f"Range: bytes={offset}-\r\n" if offset else "")
        try:
            status, headers = self.head()
            if status in (200, 206):
                self._receive_file(int(headers["content-length"]), offset if status == 206 else 0, take)
        except (OSError, ValueError, KeyError) as problem:
            raise Trouble(str(problem) or type(problem).__name__) from None
        finally:
            self.close()
        return status

    def _receive_file(self, size: int, offset: int, take: Callable[[int, memoryview], None]) -> None:
        block, end = memoryview(bytearray(BLOCK_BYTES)), offset + size
        since, base = time.monotonic(), offset
        while offset < end:
            got = self.source().readinto1(block[:min(len(block), end - offset)])
            if got == 0:
                raise Trouble("the answer was cut short")
            take(offset, block[:got])
            offset += got
            waited = time.monotonic() - since
            if waited >= self.timeout:
                if offset - base < STALL_BYTES_PER_SECOND * waited:
                    raise Trouble("the connection stood still")
                since, base = time.monotonic(), offset

    def _turn_to(self, url: str) -> str:
        """Makes this the line to the URL's host. Returns what to ask for there."""
        scheme, _, rest = url.partition("://")
        cut = min([at for at in (rest.find("/"), rest.find("?")) if at >= 0], default=len(rest))
        place, target = rest[:cut], rest[cut:]
        if (place, scheme == "https") != (self.place, self.secure):
            self.close()
            Http.__init__(self, f"{scheme}://{place}", None, self.ca, self.timeout)
        return target if target.startswith("/") else "/" + target

    def moved(self) -> int:
        """Bytes of the present file that the other side has: what lies in this machine's buffers is not counted."""
        connection = self.socket
        try:
            waiting = struct.unpack("i", fcntl.ioctl(connection.fileno(), TIOCOUTQ, b"\0\0\0\0"))[0] if connection else 0
        except (OSError, ValueError):
            waiting = 0
        return max(0, self.handed - waiting)

    def abort(self, forever: bool = False) -> None:
        """Has whoever waits on this line get Trouble at once."""
        self.aborted = self.aborted or forever
        connection = self.socket
        if connection is not None:
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                pass  # it was not connected any more
