"""Collecting: which files are sent under which names, what is said of the others, and that nothing outside is opened. Run by
../artifacts.int.test.ts."""
import os
import shutil
import socket
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import re  # noqa: E402

import tree as tree_module  # noqa: E402
from collect import MAX_NAMED, Collection, in_words, translate  # noqa: E402
from hashing import Changed, hash_file  # noqa: E402
from mask import Masker  # noqa: E402
from tree import NotKept, Tree  # noqa: E402

LIMITS = {"globs": [], "lagerOutput": False, "maxFiles": 1000, "maxFileBytes": 10**9, "maxTotalBytes": 10**10}


class Folder(unittest.TestCase):
    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(self.remove)
        self.folder = os.path.join(self.top, "artifacts")
        os.mkdir(self.folder)
        self.write("../outside/secret.txt", "outside")

    def remove(self):
        for path, folders, _ in os.walk(self.top):
            for folder in folders:
                if not os.path.islink(os.path.join(path, folder)):
                    os.chmod(os.path.join(path, folder), 0o700)
        shutil.rmtree(self.top)

    def at(self, path):
        return os.path.join(os.fsencode(self.folder), path if isinstance(path, bytes) else path.encode())

    def write(self, path, content=""):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "w") as file:
            file.write(content)

    def link(self, path, target):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        os.symlink(target if isinstance(target, bytes) else target.encode(), self.at(path))

    def collect(self, masker=None, **limits):
        collection = Collection({**LIMITS, **limits}, masker)
        collection.add_artifacts(self.folder)
        collection.finish()
        self.content = {file.path: self.read(file) for file in collection.files}
        self.said = {entry["path"]: f"{entry['state']}: {entry['why']}" for entry in collection.untold}
        return collection

    def read(self, file):
        with open(file.tree.open(file.parts), "rb") as source:
            return source.read().decode()


class Links(Folder):
    def test_links_within_are_sent_as_what_they_lead_to(self):
        self.write("a/b/real.txt", "real")
        for path, target in (("plain", "a/b/real.txt"), ("a/up", "../a/b/./real.txt"), ("twice", "plain"), ("by-folder", "d/real.txt"),
                             ("whole", os.path.join(self.folder, "a/b/real.txt"))):
            self.link(path, target)
        self.link("d", "a/b")
        self.collect()
        names = ("a/b/real.txt", "a/up", "by-folder", "plain", "twice", "whole")
        self.assertEqual(self.content, {name: "real" for name in names})
        self.assertEqual(self.said, {"d": "skipped: it is a link to a folder"})

    def test_links_out_loops_and_dead_ends_are_said_and_not_opened(self):
        out, nowhere, loop = "leads out of the folder", "leads nowhere", "leads to itself"
        self.write("a/x")
        for path, target, why in (("1", "../outside/secret.txt", out), ("2", "/etc/passwd", out), ("3", "4", loop), ("4", "3", loop),
                                  ("5", "nothing", nowhere), ("6", self.folder + "-not/x", out), ("7", "a/../../outside/secret.txt", out),
                                  ("8", "8/x", loop), ("9", self.folder + "/../outside/secret.txt", out)):
            self.link(path, target)
        self.link("inner", "a/out")
        self.link("a/out", "../../outside")
        self.link("by", "a/out/secret.txt")
        self.collect()
        self.assertEqual(self.content, {"a/x": ""})
        self.assertEqual({path: words.split("link that ")[-1] for path, words in self.said.items()},
                         {"1": out, "2": out, "3": loop, "4": loop, "5": nowhere, "6": out, "7": out, "8": loop, "9": out,
                          "a/out": out, "inner": out, "by": out})

    def test_a_folder_that_becomes_a_link_after_the_walk_is_not_followed(self):
        self.write("a/x.txt", "inside")
        collection = self.collect()
        os.rename(self.at("a"), self.at("b"))
        self.link("a", os.path.join(self.top, "outside"))
        self.write("../outside/x.txt", "outside")
        with self.assertRaises(OSError):
            self.read(collection.files[0])

    def test_the_folder_itself_being_a_link_is_said(self):
        os.rename(self.folder, self.folder + "-moved")
        os.symlink(os.path.join(self.top, "outside"), self.folder)
        self.collect()
        self.assertEqual(self.content, {})
        self.assertRegex(self.said["artifacts"], "^failed: the folder can't be read")
        os.unlink(self.folder)
        self.collect()
        self.assertEqual((self.content, self.said), ({}, {}))
        os.rename(self.folder + "-moved", self.folder)


class Sorts(Folder):
    def test_what_is_no_file_is_said(self):
        os.mkfifo(self.at("fifo"))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.path.join(self.folder, "socket"))
        self.link("to-fifo", "fifo")
        if os.geteuid() == 0:
            os.mknod(self.at("null"), 0o600 | 0o20000, os.makedev(1, 3))
        self.collect()
        self.assertEqual(self.content, {})
        expected = {"fifo": "skipped: it is a FIFO", "socket": "skipped: it is a socket", "to-fifo": "skipped: it is a link to a FIFO"}
        if os.geteuid() == 0:
            expected["null"] = "skipped: it is a device"
        self.assertEqual(self.said, expected)

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_folders_that_cannot_be_read_are_failures(self):
        self.write("closed/x")
        self.write("open/x", "x")
        os.chmod(self.at("closed"), 0)
        self.collect()
        self.assertEqual(self.content, {"open/x": "x"})
        self.assertEqual(self.said, {"closed": "failed: the folder can't be read (Permission denied)"})

    def test_names_are_told_readably_and_without_secrets(self):
        for name in ("größe", "a\nb", " x ", "*", "..x", "back\\slash", "hunter22.txt"):
            self.write(name, name)
        with open(self.at(b"la\xfftin"), "w") as file:
            file.write("latin")
        self.collect(Masker.of({}, {"PASSWORD": "hunter22"}))
        self.assertEqual(self.said, {})
        names = {"größe": "größe", "a\\x0ab": "a\nb", " x ": " x ", "*": "*", "..x": "..x", "back\\slash": "back\\slash",
                 "***.txt": "hunter22.txt", "la\\xfftin": "latin"}
        self.assertEqual(self.content, names)

    def test_names_that_are_told_alike_are_said(self):
        self.write("a\\x0ab", "backslash")
        self.write("a\nb", "newline")
        self.collect()
        self.assertEqual(self.content, {"a\\x0ab": "newline"})
        self.assertEqual(self.said, {"a\\x0ab (2)": "skipped: another file has the path a\\x0ab"})

    def test_a_path_that_is_too_long_or_too_deep_is_a_failure(self):
        self.write("/".join(["ü" * 100] * 6), "x")
        self.write("/".join(["d"] * 66), "x")
        self.collect()
        self.assertEqual(self.content, {})
        self.assertEqual([words for words in self.said.values()], ["failed: it lies deeper than 64 folders",
                                                                   "failed: its path is longer than 1024 bytes"])


class Limits(Folder):
    def test_each_limit_is_named_and_what_fits_is_kept_in_a_stable_order(self):
        for name, size in (("b", 5), ("a/2", 4), ("a/1", 4), ("c", 11), ("d", 1), ("e", 1)):
            self.write(name, "x" * size)
        self.collect(maxFileBytes=10, maxTotalBytes=10, maxFiles=3)
        self.assertEqual(list(self.content), ["a/1", "a/2", "d"])
        self.assertEqual(self.said, {"b": "skipped: with it the job's files would be larger than 10 bytes",
                                     "c": "skipped: it is larger than 10 bytes",
                                     "e": "skipped: there are more files than the 3 that are kept"})

    def test_of_very_many_only_some_are_named_and_the_rest_is_counted(self):
        before, tree_module.MAX_NAMES = tree_module.MAX_NAMES, 1500
        self.addCleanup(setattr, tree_module, "MAX_NAMES", before)
        for n in range(4000):
            self.write(f"f{n:04}")
        collection = self.collect(maxFiles=10)
        self.assertEqual(list(self.content), [f"f{n:04}" for n in range(10)])
        self.assertEqual(len(collection.untold), MAX_NAMED + 1)
        self.assertEqual(list(self.said)[-1], f"({4000 - 10 - MAX_NAMED} more files)")

    def test_sizes_are_said_in_words(self):
        self.assertEqual([in_words(size) for size in (5, 1500, 20_000_000, 5 * 10**9, 12_345_678)],
                         ["5 bytes", "1.5 kB", "20 MB", "5 GB", "12.3 MB"])


class Globs(Folder):
    def matches(self, glob, path):
        return re.fullmatch(translate(glob), path, re.DOTALL) is not None

    def test_patterns_match_as_people_expect(self):
        for glob, yes, no in (
            ("*.bin", ("a.bin", ".bin"), ("a/b.bin", "a.bin2")), ("out/*", ("out/a", "out/ü"), ("out/a/b", "out")),
            ("out/**", ("out/a", "out/a/b/c"), ("out", "xout/a")), ("out/", ("out/a", "out/a/b"), ("out", "outer/a")),
            ("**/*.log", ("x.log", "a/x.log", "a/b/x.log"), ("x.logs",)), ("a/**/b", ("a/b", "a/x/b", "a/x/y/b"), ("a/xb", "ab")),
            ("**", ("a", "a/b"), ()), ("**/**/x", ("x", "a/x", "a/b/x"), ("ax",)), ("?.txt", ("ü.txt", "☃.txt"), ("ab.txt", "/.txt")),
            ("[a-cü].x", ("a.x", "ü.x"), ("d.x", "[.x")), ("[!a].x", ("b.x",), ("a.x", "/.x")), ("[]a].x", ("].x", "a.x"), ("b.x",)),
            ("[z-a]", ("[z-a]",), ("z",)), ("[x", ("[x",), ("x",)), ("a+(b).$", ("a+(b).$",), ("aab.",)), ("./a", ("a",), ()),
            ("a\\d", ("a\\d",), ("a1",)), ("[\\d]", ("\\", "d"), ("1",)), ("x\ny*", ("x\nyz",), ()),
        ):
            for path in yes:
                self.assertTrue(self.matches(glob, path), (glob, path))
            for path in no:
                self.assertFalse(self.matches(glob, path), (glob, path))

    def test_what_matches_is_collected_after_the_artifacts_and_the_first_of_two_alike_counts(self):
        self.write("same.txt", "artifact")
        self.write("../job/same.txt", "job")
        self.write("../job/out/deep/x.txt", "x")
        self.write("../job/main.py", "print()")
        os.symlink("../artifacts/same.txt", os.path.join(self.top, "job/link.txt"))
        collection = Collection({**LIMITS, "globs": ["*.txt", "out/**"]}, None)
        collection.add_artifacts(self.folder)
        collection.add_globs(os.path.join(self.top, "job"))
        self.assertEqual([(file.path, file.source, self.read(file)) for file in collection.files],
                         [("same.txt", "artifacts", "artifact"), ("out/deep/x.txt", "glob", "x")])
        self.assertEqual([(entry["path"], entry["source"], entry["why"]) for entry in collection.untold],
                         [("link.txt", "glob", "it is a link that leads out of the folder"),
                          ("same.txt (2)", "glob", "another file has the path same.txt")])

    def test_of_lagers_folders_what_changed_since_the_start_is_taken(self):
        self.write("../lager-output/old.txt", "old")
        self.write("../lager-output/appended.txt", "old")
        os.utime(self.at("../lager-output/old.txt"))
        since = os.stat(self.at("../lager-output/old.txt")).st_ctime_ns + 1
        while True:  # the clock of file systems ticks in steps
            self.write("../lager-results/new.txt", "new")
            if os.stat(self.at("../lager-results/new.txt")).st_ctime_ns >= since:
                break
        with open(self.at("../lager-output/appended.txt"), "a") as file:
            file.write(" and new")
        shutil.copy2(self.at("../lager-output/old.txt"), self.at("../lager-output/copied.txt"))  # keeps the old time
        for wanted, names in ((False, []), (True, ["lager-output/appended.txt", "lager-output/copied.txt", "lager-results/new.txt"])):
            collection = Collection({**LIMITS, "lagerOutput": wanted}, None)
            collection.add_lager_output(os.fsencode(self.top), since)
            self.assertEqual([file.path for file in collection.files], names)
            self.assertEqual(collection.untold, [])


class Hashing(Folder):
    def hashed(self, content, part_bytes, step=lambda size: None):
        with open(self.at("x"), "wb") as file:
            file.write(content)
        with open(self.at("x"), "rb") as file:
            return hash_file(file.fileno(), part_bytes, step)

    def test_whole_and_parts(self):
        from hashlib import sha256
        content = os.urandom(3_500_000)
        hashed = self.hashed(content, 1_000_000)
        self.assertEqual(hashed.sha256, sha256(content).hexdigest())
        self.assertEqual(hashed.parts, [sha256(content[at:at + 1_000_000]).hexdigest() for at in range(0, 3_500_000, 1_000_000)])
        self.assertIsNone(self.hashed(content, 3_500_000).parts)
        self.assertEqual(self.hashed(b"", 10).sha256, sha256(b"").hexdigest())

    def test_every_change_meanwhile_is_noticed(self):
        def grow():
            with open(self.at("x"), "ab") as file:
                file.write(b"x")

        def overwrite():
            with open(self.at("x"), "r+b") as file:
                file.write(b"y")

        for change in (grow, overwrite, lambda: os.truncate(self.at("x"), 10), lambda: os.truncate(self.at("x"), 3_000_000)):
            with self.assertRaises(Changed):
                self.hashed(b"x" * 2_500_000, 10**9, lambda size, change=change: change())


if __name__ == "__main__":
    unittest.main()
