"""Masking, however the bytes are cut. Run by ../mask.int.test.ts, and by ../pythons.int.test.ts on every Python that is there."""
import base64
import json
import os
import random
import sys
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lines import PARTIAL, PIECE_BYTES, TORN, LineSplitter  # noqa: E402
from mask import MaskedStream, Masker  # noqa: E402
from outputchannel import ChannelDecoder  # noqa: E402

SECRETS = {
    "PLAIN": "hunter2-and-more", "SHORTER": "hunter2", "ODD": "p@ss/wörd +\"x\"\\", "REPEATS": "abababab", "PREFIX": "ababc",
    "KEY": "-----BEGIN KEY-----\nMIIB/+x0qQ9\nx=\n-----END KEY-----\n", "FOUR": "aB3$", "BYTES": "\udcff\udcfe\udcfd?>>>",
}
VALUES = [value.encode("utf-8", "surrogateescape").strip() for value in SECRETS.values()]


def masker(secrets=SECRETS):
    made = Masker.of({}, secrets)
    assert made is not None
    return made


def streamed(mask, parts):
    stream = MaskedStream(mask)
    out = [stream.feed(part) for part in parts]
    return b"".join(out) + stream.finish()


def said(value):
    """What programs make of a value when they print it."""
    found = [value, urllib.parse.quote(value, safe="").encode(), urllib.parse.quote_plus(value).encode(),
             urllib.parse.quote(value).encode(), urllib.parse.quote(value, safe="!'()*").lower().encode()
             if value.islower() else value]
    for before in (b"", b"u", b"us", b"use"):
        for after in (b"", b"r", b"rs", b"rst"):
            found += [base64.b64encode(before + value + after), base64.urlsafe_b64encode(before + value + after)]
    return found


class Forms(unittest.TestCase):
    def test_every_form_of_every_secret_is_found_in_any_place(self):
        mask = masker()
        for value in VALUES:
            for form in said(value):
                out = mask.mask(b"<< " + form + b" >>")
                self.assertIn(b"***", out, form)
                self.assertLessEqual(len(out), len(b"<< *** >>") + 12, (form, out))
                self.assertNotIn(value, out)

    def test_base64_at_the_end_of_a_text_leaves_nothing_behind(self):
        self.assertEqual(masker({"A": "hunter2"}).mask(base64.b64encode(b"hunter2") + b"\n"), b"***\n")

    def test_lines_of_a_secret_are_masked_by_themselves_and_a_short_one_within_the_whole(self):
        mask = masker()
        self.assertEqual(mask.mask(b"  MIIB/+x0qQ9\r\n"), b"  ***\r\n")
        self.assertEqual(mask.mask(b"<" + VALUES[5] + b">"), b"<***>")
        self.assertEqual(masker({"A": "first line\nsecond line\n"}).mask(b"first line\nsecond line\n"), b"***\n***\n")

    def test_json_escapes_do_not_hide_a_secret(self):
        for ascii_only in (True, False):
            out = masker().mask(json.dumps({"a": SECRETS["ODD"]}, ensure_ascii=ascii_only).encode())
            self.assertEqual(out, b'{"a": "***"}')

    def test_the_longer_of_two_secrets_wins(self):
        self.assertEqual(masker().mask(b"hunter2-and-more hunter2-and-less"), b"*** ***-and-less")

    def test_short_values_and_none_mask_nothing(self):
        self.assertIsNone(Masker.of({b"LAGER_SECRET_X": b"abc", b"OTHER": b"not a secret"}, {"A": "", "B": "\n\n\n\n\n"}))
        self.assertIsNotNone(Masker.of({b"LAGER_SECRET_X": b"abcd"}, {}))


class Cutting(unittest.TestCase):
    def test_every_place_to_cut_every_form(self):
        mask = masker()
        for value in VALUES:
            for form in set(said(value)):
                text = b"a=" + form + b"; b=" + form[:-1] + b"\n" + form
                whole = mask.mask(text)
                for at in range(len(text) + 1):
                    self.assertEqual(streamed(mask, (text[:at], text[at:])), whole, (form, at))

    def test_byte_by_byte_no_half_secret_leaves_before_the_end(self):
        mask = masker()
        for value in VALUES:
            stream = MaskedStream(mask)
            early = b"".join(stream.feed(bytes((byte,))) for byte in b"key " + value[:-1])
            self.assertIn(early, (b"key ", b"key ***", b"key ***\n", b"key ***\n***\n"), value)
            self.assertLess(len(stream.held), mask.longest)

    def test_random_texts_cut_at_random_are_as_the_whole_masked(self):
        mask, alphabet = masker(), b"ab c\n*"
        for seed in range(400):
            chance = random.Random(seed)
            text = b"".join(chance.choice((
                bytes(chance.choices(alphabet, k=chance.randrange(9))), chance.choice(mask.forms),
                chance.choice(mask.forms)[:chance.randrange(1, 30)], b"\n")) for _ in range(40))
            start, parts = 0, []
            while start < len(text):
                size = chance.choice((1, 2, 3, 5, 8, 50))
                parts.append(text[start:start + size])
                start += size
            whole = streamed(mask, (text,))
            self.assertEqual(whole, mask.mask(text), seed)
            self.assertEqual(streamed(mask, parts), whole, seed)
            for value in VALUES:
                self.assertNotIn(value, whole)

    def test_a_secret_across_the_seam_of_two_pieces(self):
        mask = masker()
        for before in range(PIECE_BYTES - 20, PIECE_BYTES + 3):
            text = b"." * before + b"hunter2-and-more" + b"." * 100 + b"\n"
            for size in (65536, 1000):
                stream, splitter, pieces = MaskedStream(mask), LineSplitter(), []
                for start in range(0, len(text), size):
                    pieces += splitter.feed(stream.feed(text[start:start + size]))
                joined = b"".join(data for data, _ in pieces)
                self.assertEqual(joined, b"." * before + b"***" + b"." * 100)

    def test_an_unfinished_line_shows_all_that_is_decided(self):
        stream, splitter = MaskedStream(masker()), LineSplitter()
        splitter.feed(stream.feed(b"password: hunt"))
        self.assertEqual(splitter.flush(), [(b"password: ", PARTIAL)])
        splitter.feed(stream.feed(b"ing season"))
        self.assertEqual(splitter.flush(), [(b"hunting season", PARTIAL)])

    def test_whole_lines_wait_for_nothing(self):
        mask = masker({"A": "hunter2"})
        for text in (b"hunt\n", b"a hunter2\n", b"h\n"):
            stream = MaskedStream(mask)
            self.assertEqual(stream.feed(text), mask.mask(text))
            self.assertEqual(stream.held, b"")


class OutputChannel(unittest.TestCase):
    def pieces(self, data, at=0):
        decoder = ChannelDecoder(masker())
        return decoder.feed(data[:at]) + decoder.feed(data[at:]) + decoder.flush()

    def record(self, encoder, payload):
        return b"%d %d " % (encoder, len(payload)) + payload

    def test_records_hold_no_secret_and_stay_records(self):
        odd = SECRETS["ODD"]
        payload = json.dumps({odd: [odd, "hunter2"], "n": 5}).encode()
        self.assertEqual(self.pieces(self.record(3, payload)),
                         [(b'{"encoding": "json", "value": {"***": ["***", "***"], "n": 5}}', 0)])
        self.assertEqual(self.pieces(self.record(4, b"a: hunter2\n")), [(b'{"encoding": "yaml", "value": "a: ***\\n"}', 0)])
        [(line, _)] = self.pieces(self.record(1, b"\0hunter2\0"))
        self.assertEqual(base64.b64decode(json.loads(line)["value"]), b"\0***\0")
        [(line, _)] = ChannelDecoder(masker({"PIN": "12345678"})).feed(self.record(3, b"[12345678, 7]"))
        self.assertEqual(json.loads(line)["value"], ["***", 7])

    def test_what_is_torn_holds_no_secret_either_wherever_it_was_cut(self):
        data = b"garbage hunter2-and-more garbage hunter2"
        for at in range(len(data) + 1):
            pieces = self.pieces(data, at)
            self.assertEqual(b"".join(piece for piece, _ in pieces), b"garbage *** garbage ***", at)
            self.assertEqual({flags for _, flags in pieces}, {TORN})
        self.assertEqual(self.pieces(b"3 9 {hunter2]"), [(b"3 9 {***]", TORN)])


if __name__ == "__main__":
    unittest.main()
