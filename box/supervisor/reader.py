"""The reader: takes what the script writes, at once and always, and makes numbered records of it."""
from __future__ import annotations

import os
import selectors
import time

from lines import OUTPUT, LineSplitter, Piece
from mask import MaskedStream, Masker
from outputchannel import ChannelDecoder
from spool import Spool

READ_BYTES = 65536
#: An unfinished line is shown after so much silence.
FLUSH_SECONDS = 0.1


class Clock:
    """The control plane's clock, told by this machine's monotonic one: whoever sets the box's clock changes nothing. Off by at
    most half the time that the claim took."""

    def __init__(self, now: str, sent: float, received: float):
        from datetime import datetime
        told = datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp()
        self.offset = told - (sent + received) / 2

    def microseconds(self) -> int:
        return round((time.monotonic() + self.offset) * 1e6)


class Source:
    """One non-blocking descriptor that the script writes to."""

    def __init__(self, fd: int, stream: int, masker: Masker | None):
        self.fd, self.stream = fd, stream
        self.splitter = ChannelDecoder(masker) if stream == OUTPUT else LineSplitter()
        self.masked = MaskedStream(masker) if masker and stream != OUTPUT else None
        self.flush_at: float | None = None

    def feed(self, data: bytes) -> list[Piece]:
        return self.splitter.feed(self.masked.feed(data) if self.masked else data)

    def finish(self) -> list[Piece]:
        """What is left at the end of the output."""
        last = self.splitter.feed(self.masked.finish()) if self.masked else []
        return last + self.splitter.flush()


class Reader:
    """Reads all sources of a run through the run's selector, whose keys carry what to call."""

    def __init__(self, selector: selectors.BaseSelector, spool: Spool, clock: Clock, masker: Masker | None = None):
        self.selector, self.spool, self.clock, self.masker = selector, spool, clock, masker
        self.sources: dict[int, Source] = {}
        self.last_output = time.monotonic()

    def add(self, fd: int, stream: int) -> None:
        source = Source(fd, stream, self.masker)
        self.sources[fd] = source
        self.selector.register(fd, selectors.EVENT_READ, lambda: self._read(source))

    def finish(self) -> None:
        """Takes what is still there and closes everything. For when nobody writes any more, or nobody should."""
        for source in list(self.sources.values()):
            while self._read(source):
                pass
            self._close(source)
        self.spool.finish(self.clock.microseconds())

    def flush_at(self) -> float | None:
        """When the next unfinished line is due to be shown."""
        return min((source.flush_at for source in self.sources.values() if source.flush_at is not None), default=None)

    def flush(self, now: float) -> None:
        for source in self.sources.values():
            if source.flush_at is not None and source.flush_at <= now:
                source.flush_at = None
                self._append(source, source.splitter.flush())

    def _read(self, source: Source) -> bool:
        """Takes one read's worth. False at the end, or when there is nothing now."""
        if self.sources.get(source.fd) is not source:
            return False  # closed by what came before it in the same round of events; its number may be another file's by now
        try:
            data = os.read(source.fd, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._close(source)
            return False
        self._append(source, source.feed(data))
        if source.stream != OUTPUT:
            self.last_output = time.monotonic()
            source.flush_at = self.last_output + FLUSH_SECONDS if source.splitter.rest else None
        return True

    def _append(self, source: Source, pieces: list[Piece]) -> None:
        if pieces:
            self.spool.append(self.clock.microseconds(), source.stream, pieces)

    def _close(self, source: Source) -> None:
        if self.sources.pop(source.fd, None):
            self._append(source, source.finish())
            self.selector.unregister(source.fd)
            os.close(source.fd)
