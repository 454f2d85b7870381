"""The pure parts: splitting, decoding, and the spool's bookkeeping. Run by ../records.int.test.ts on every Python that is there."""
import json
import os
import random
import selectors
import shutil
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import spool as spool_module  # noqa: E402
from lines import GAP, PARTIAL, PIECE_BYTES, RECORD, TORN, LineSplitter, encode, walk  # noqa: E402
from outputchannel import ChannelDecoder  # noqa: E402
from reader import Clock, Reader  # noqa: E402
from spool import Spool  # noqa: E402


def cuts(data, seed):
    """`data` in pieces cut at random."""
    chance, start = random.Random(seed), 0
    while start < len(data):
        size = chance.choice((1, 2, 7, 100, 65536, 200_000))
        yield data[start:start + size]
        start += size


def joined(pieces):
    return b"".join(data if flags & PARTIAL else data + b"\n" for data, flags in pieces)


def records(data):
    found, offset = [], 0
    while offset < len(data):
        _, stream, flags, length = RECORD.unpack_from(data, offset)
        offset += RECORD.size
        found.append((stream, flags, data[offset:offset + length]))
        offset += length
    return found


class Splitting(unittest.TestCase):
    def test_every_cut_gives_back_the_same_bytes(self):
        text = b"a\r\n\n\nlonger \xff\x00 line\n" + b"x" * 300_000 + b"\nend" + b"y" * PIECE_BYTES + b"\nrest"
        for seed in range(30):
            splitter, pieces = LineSplitter(), []
            for part in cuts(text, seed):
                pieces += splitter.feed(part)
            pieces += splitter.flush()
            self.assertEqual(joined(pieces)[:-1] if pieces[-1][1] == 0 else joined(pieces), text)
            self.assertLessEqual(max(len(data) for data, _ in pieces), PIECE_BYTES)
            self.assertEqual(pieces[-1], (b"rest", PARTIAL))

    def test_a_line_of_exactly_one_piece_is_whole(self):
        self.assertEqual(LineSplitter().feed(b"x" * PIECE_BYTES + b"\n"), [(b"x" * PIECE_BYTES, 0)])


class OutputChannel(unittest.TestCase):
    def test_records_survive_every_cut(self):
        data = b'3 13 {"a": [1, 2]}' + b"1 5 \x00raw\xff" + b"4 11 a:\n- 1\n- 2\n" + b"2 3 abc" + b'3 8 "\\u00e9"' + b"1 0 "
        whole = ChannelDecoder().feed(data)
        self.assertEqual([flags for _, flags in whole], [0] * 6)
        for at in range(len(data) + 1):
            decoder = ChannelDecoder()
            self.assertEqual(decoder.feed(data[:at]) + decoder.feed(data[at:]), whole, at)

    def test_what_is_no_record_is_kept_raw_and_marked(self):
        for data in (b"hello", b"9 3 abc", b"3 3 nan", b"3 2 {]", b"3 3 NaN", b"4 1 \xff", b"3 5 ab", b"1 999999999 x", b"1", b"1 12"):
            decoder = ChannelDecoder()
            pieces = decoder.feed(data) + decoder.flush()
            self.assertEqual(pieces, [(data, TORN)], data)

    def test_deep_or_large_json_is_kept_raw(self):
        deep = b"[" * 100_000 + b"]" * 100_000
        large = json.dumps("é" * 300_000, ensure_ascii=False).encode()
        for payload in (deep, large):
            pieces = ChannelDecoder().feed(b"3 %d " % len(payload) + payload)
            self.assertEqual({flags for _, flags in pieces}, {TORN})
            self.assertEqual(b"".join(data for data, _ in pieces), b"3 %d " % len(payload) + payload)


class Spooling(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory, True)

    def drain(self, spool, max_records=20_000, max_bytes=1_000_000):
        found = []
        while (batch := spool.batch(spool.acked + 1, max_records, max_bytes))[0]:
            count, data = batch
            self.assertLessEqual(count, max_records)
            self.assertTrue(len(data) <= max_bytes or count == 1)
            self.assertEqual(len(records(data)), count)
            found += records(data)
            spool.acknowledge(spool.acked + count)
        return found

    def test_any_limits_give_all_records_in_order(self):
        for seed in range(12):
            chance, spool = random.Random(seed), Spool(self.directory, 1 << 30)
            spool.segment_bytes = chance.choice((1000, 50_000, 8 << 20))
            said, got = [], []
            for _ in range(60):
                pieces = [(chance.randbytes(chance.choice((0, 1, 50, 5000))), 0) for _ in range(chance.choice((1, 2, 300)))]
                spool.append(1, 1, pieces)
                said += [(1, 0, data) for data, _ in pieces]
                if chance.random() < 0.5:
                    got += self.drain(spool, chance.choice((1, 7, 20_000)), chance.choice((1, 3000, 1_000_000)))
            got += self.drain(spool)
            self.assertEqual(got, said)
            self.assertLessEqual(len(os.listdir(self.directory)), 1)
            shutil.rmtree(self.directory)
            os.mkdir(self.directory)

    def test_it_can_be_read_again_from_any_number(self):
        spool = Spool(self.directory, 1 << 30)
        for n in range(1, 5001):
            spool.append(1, 1, [(b"%d" % n, 0)])
        for first in (1, 2, 999, 1000, 1001, 2500, 4999, 5000):
            self.assertEqual(records(spool.batch(first, 20_000, 1_000_000)[1])[0][2], b"%d" % first)
        self.assertEqual(spool.batch(5001, 20_000, 1_000_000), (0, b""))

    def test_a_record_that_is_larger_than_any_limit_comes_alone(self):
        spool, sizes = Spool(self.directory, 1 << 30), (10, 70_000, 980_000, 10)
        for size in sizes:
            spool.append(1, 3, [(b"x" * size, 0)])
        for limits in ((1, 1), (1, 1_000_000), (20_000, 100)):
            spool.acked = 0
            got = [records(spool.batch(n, *limits)[1])[0][2] for n in range(1, 5)]
            self.assertEqual([len(data) for data in got], list(sizes), limits)

    def test_a_disk_that_takes_nothing_uses_memory_and_then_counts(self):
        spool = Spool(os.path.join(self.directory, "missing"), 1 << 30)
        for n in range(100):
            spool.append(1, 1, [(b"x" * 60_000, 0)])
        spool.finish(1)
        kept = self.drain(spool)
        self.assertLess(sum(len(data) for _, _, data in kept), spool_module.MEMORY_BYTES + spool_module.MEMORY_SEGMENT_BYTES)
        gap = json.loads(kept[-1][2])
        self.assertEqual(kept[-1][1], GAP)
        self.assertEqual((gap["lines"], gap["sizeBytes"]), (100 - (len(kept) - 1), 60_000 * (100 - (len(kept) - 1))))

    def test_a_gap_is_told_as_soon_as_there_is_room(self):
        spool = Spool(self.directory, 50_000)
        for n in range(100):
            spool.append(1, 2, [(b"x" * 1000, 0)])
        last = self.drain(spool)[-1]
        self.assertEqual((last[0], last[1]), (2, GAP))

    def test_files_are_for_the_owner_only(self):
        spool = Spool(self.directory, 1 << 20)
        spool.append(1, 1, [(b"x", 0)])
        [name] = os.listdir(self.directory)
        self.assertEqual(os.stat(os.path.join(self.directory, name)).st_mode & 0o777, 0o600)


class Reading(unittest.TestCase):
    def test_an_event_of_a_source_that_was_just_closed_touches_nothing(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory, True)
        spool, selector = Spool(directory, 1 << 20), selectors.DefaultSelector()
        reader = Reader(selector, spool, Clock("2026-11-23T20:00:00.000Z", 0, 0))
        read, write = os.pipe()
        os.set_blocking(read, False)
        reader.add(read, 1)
        os.write(write, b"last words")
        [(key, _)] = selector.select(0)
        reader.finish()
        os.close(write)
        other, other_write = os.pipe()  # takes the number of the closed descriptor
        self.addCleanup(os.close, other)
        os.write(other_write, b"somebody else's")
        os.close(other_write)
        key.data()
        self.assertEqual(os.read(other, 100), b"somebody else's")
        self.assertEqual(records(spool.batch(1, 10, 1000)[1]), [(1, PARTIAL, b"last words")])


class Walking(unittest.TestCase):
    def test_only_whole_records_count(self):
        data = encode(1, 1, [(b"abc", 0), (b"defg", 0)])
        self.assertEqual(walk(data, 10, 1 << 20), (2, len(data)))
        self.assertEqual(walk(data[:-1], 10, 1 << 20), (1, RECORD.size + 3))
        self.assertEqual(walk(data, 10, 1), (1, RECORD.size + 3))
        self.assertEqual(struct.calcsize(">qBBI"), RECORD.size)


if __name__ == "__main__":
    unittest.main()
