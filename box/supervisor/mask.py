"""Masking: the values of secrets become `***` before a byte leaves the box or reaches its disk (docs/box-api.md, Secrets)."""
from __future__ import annotations

import binascii
import json
import re
from bisect import bisect_left

#: Shorter values are in every text; hiding them would hide the text.
MIN_BYTES = 4
MASK = b"***"
#: A box's own secrets, as its runtime names them in the environment.
BOX_PREFIX = b"LAGER_SECRET_"

_ALPHANUMERIC = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#: What percent-encoders leave as it is, and what they make of a space: RFC 3986, Python's quote and quote_plus, JavaScript's
#: encodeURIComponent and encodeURI, HTML forms, and those that leave nothing.
_PERCENT = tuple((frozenset(_ALPHANUMERIC + safe), space) for safe, space in (
    (b"-._~", b"%20"), (b"-._~/", b"%20"), (b"-._~", b"+"), (b"-._~!*'()", b"%20"), (b"-._~!*'();/?:@&=+$,#", b"%20"),
    (b"-._*", b"+"))) + ((frozenset(), b"%20"),)


class Masker:
    """Knows the secrets of one attempt. Not made at all when there are none: `Masker.of` is None then."""

    def __init__(self, values: list[bytes]):
        by_value = [forms_of(value) for value in values]
        forms = set().union(*by_value)
        self.forms = sorted(forms)
        self.longest = max(map(len, forms))
        self.spans_lines = any(b"\n" in form for form in forms)
        # Looking for one form after the other is several times as fast as the expression, which runs on hits only. A form that
        # contains another one need not be looked for.
        self.needles = sorted({form for alike in by_value for form in alike
                               if not any(other in form for other in alike if other != form)})
        self.pattern = re.compile(b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
        self.heads = {form[:size] for form in forms for size in range(1, MIN_BYTES + 1)}

    @classmethod
    def of(cls, environment: dict[bytes, bytes], secrets: dict[str, str]) -> Masker | None:
        """For the box's secrets, which stand in `environment`, and the job's. None when there is nothing to mask."""
        values = [value for name, value in environment.items() if name.startswith(BOX_PREFIX)]
        values += [value.encode("utf-8", "surrogateescape") for value in secrets.values()]
        values = [value for value in values if len(value.strip(b"\r\n")) >= MIN_BYTES]
        return cls(values) if values else None

    def mask(self, data: bytes) -> bytes:
        """All of `data`, which is complete."""
        return self.pattern.sub(MASK, data) if self.found_in(data) else data

    def mask_text(self, text: str) -> str:
        return self.mask(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def mask_start(self, text: str) -> str:
        """For a text that was cut off: an end that may be the beginning of a secret goes too."""
        return MaskedStream(self).feed(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def mask_value(self, value: object) -> object:
        """Every text and number within a value that JSON can say. @raises RecursionError when it is nested too deep."""
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            masked = self.mask(data)
            return value if masked is data else masked.decode("utf-8", "replace")
        if isinstance(value, list):
            return [self.mask_value(item) for item in value]
        if isinstance(value, dict):
            return {self.mask_value(key): self.mask_value(item) for key, item in value.items()}
        return MASK.decode() if isinstance(value, (int, float)) and self.found_in(json.dumps(value).encode()) else value

    def found_in(self, data: bytes) -> bool:
        for needle in self.needles:
            if needle in data:
                return True
        return False

    def undecided(self, data: bytes, start: int) -> int:
        """Where, from `start` on, the end of `data` may be the beginning of a secret; its length when nowhere."""
        size = len(data)
        start = max(start, size - self.longest + 1)
        if not self.spans_lines:
            start = max(start, data.rfind(b"\n") + 1)
        for at in range(start, size):
            if data[at:at + MIN_BYTES] in self.heads and self._begins(data[at:]):
                return at
        return size

    def _begins(self, data: bytes) -> bool:
        """True when a longer form starts with `data`."""
        at = bisect_left(self.forms, data)
        if at < len(self.forms) and self.forms[at] == data:
            at += 1
        return at < len(self.forms) and self.forms[at].startswith(data)


class MaskedStream:
    """Masks one stream as it comes. What it gives, put together, is what masking the whole at once would give; it keeps back
    less than the longest secret, and only while that may be the beginning of one."""

    def __init__(self, masker: Masker):
        self.masker, self.held = masker, b""

    def feed(self, data: bytes) -> bytes:
        """What is decided by now."""
        masker = self.masker
        if self.held:
            data, self.held = self.held + data, b""
        found = masker.found_in(data)
        hold, done, parts = masker.undecided(data, 0), 0, []
        while found and (match := masker.pattern.search(data, done)) and match.start() < hold:
            parts += (data[done:match.start()], MASK)
            done = match.end()
            if done > hold:
                hold = masker.undecided(data, done)
        if hold == len(data) and not parts:
            return data
        self.held = data[hold:]
        parts.append(data[done:hold])
        return b"".join(parts)

    def finish(self) -> bytes:
        """What was kept back, when nothing more comes."""
        held, self.held = self.held, b""
        return self.masker.mask(held)


def forms_of(value: bytes) -> set[bytes]:
    """Everything that a value may look like in a log: as it is, its lines, and as base64, percent-encoding and JSON make it."""
    value = value.strip(b"\r\n")
    lines = [line.strip() for line in value.split(b"\n")]
    forms = {line for line in lines if len(line) >= MIN_BYTES}
    if any(0 < len(line) < MIN_BYTES for line in lines) or len(lines) == 1:
        forms.add(value)
    return forms | _base64_forms(value) | _percent_forms(value) | _json_forms(value)


def _base64_forms(value: bytes) -> set[bytes]:
    """For each place within the groups of three: the characters that the value alone decides, and the same with the end of the
    encoded text after it."""
    forms = set()
    for before in range(3):
        size = before + len(value)
        encoded = binascii.b2a_base64(b"\0" * before + value, newline=False)
        first = (before * 8 + 5) // 6
        forms |= {encoded[first:size * 8 // 6], encoded[first:].rstrip(b"="), encoded[first:]}
    return forms | {form.replace(b"+", b"-").replace(b"/", b"_") for form in forms}


def _percent_forms(value: bytes) -> set[bytes]:
    forms = set()
    for digits in (b"%%%02X", b"%%%02x"):
        for safe, space in _PERCENT:
            forms.add(b"".join(bytes((byte,)) if byte in safe else space if byte == 32 else digits % byte for byte in value))
    return forms


def _json_forms(value: bytes) -> set[bytes]:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return set()  # JSON has no way to say it
    return {json.dumps(text, ensure_ascii=ascii)[1:-1].encode() for ascii in (True, False)}
