"""Bundles and dependencies: what is refused, and in which words. Run by ../dependencies.int.test.ts on every Python that is there."""
import io
import os
import shutil
import stat
import sys
import tempfile
import time
import unittest
import warnings
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import bundle as bundle_module  # noqa: E402
import fetch  # noqa: E402
from cache import cache_directory  # noqa: E402
from dependencies import Plan, explain, is_needed  # noqa: E402


def unpack(content, directory, entry="main.py"):
    bundle_module.unpack(io.BytesIO(content), directory, entry)


def zipped(*entries):
    """A zip of (name, content) or (name, content, mode)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of doubled names, which are wanted here
        for name, content, *mode in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (mode[0] if mode else stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return data.getvalue()


class Directory(unittest.TestCase):
    def setUp(self):
        self.outside = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.outside, True)
        self.job = os.path.join(self.outside, "job")
        os.mkdir(self.job)


class Unpacking(Directory):
    def test_files_folders_and_modes_arrive(self):
        unpack(zipped(("main.py", "print(1)"), ("a/b/tool.sh", "#!", stat.S_IFREG | 0o755), ("empty/", "", stat.S_IFDIR | 0o777),
                      ("a/ü.txt", "x" * 3_000_000), ("nomode", "", 0)), self.job)
        modes = {path: stat.S_IMODE(os.stat(os.path.join(self.job, path)).st_mode)
                 for path in ("main.py", "a/b/tool.sh", "empty", "nomode")}
        self.assertEqual(modes, {"main.py": 0o600, "a/b/tool.sh": 0o700, "empty": 0o700, "nomode": 0o600})
        self.assertEqual(os.path.getsize(os.path.join(self.job, "a/ü.txt")), 3_000_000)

    def test_nothing_leads_outside(self):
        for name in ("../x", "/x", "a/../../x", "a//x", "./x", "..", "a\\..\\x", "C:\\x", "a/\0/x", "", "/"):
            with self.assertRaises(ValueError, msg=name) as caught:
                unpack(zipped(("main.py", ""), (name, "x")), self.job)
            self.assertIn("entry", str(caught.exception))
            shutil.rmtree(self.job)
            self.assertEqual(os.listdir(self.outside), [])
            os.mkdir(self.job)

    def test_links_and_devices_are_refused(self):
        for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR):
            with self.assertRaisesRegex(ValueError, "neither file nor folder: 'x'"):
                unpack(zipped(("x", "/etc/passwd", kind | 0o777), ("main.py", "")), self.job)

    def test_entries_in_each_others_way_are_refused(self):
        for names in (("x", "x"), ("x", "x/y"), ("x/y", "x")):
            with self.assertRaisesRegex(ValueError, "in each other's way"):
                unpack(zipped(*((name, "") for name in names)), self.job)
            shutil.rmtree(self.job)
            os.mkdir(self.job)

    def test_limits_are_named_before_anything_is_written(self):
        whole = zipped(("main.py", ""), *((f"f{n}", "x" * 100) for n in range(20)))
        for limit, value, words in (("MAX_ENTRIES", 20, "21 entries; the limit is 20"), ("MAX_UNPACKED_BYTES", 1999, "unpacked")):
            before = getattr(bundle_module, limit)
            setattr(bundle_module, limit, value)
            self.addCleanup(setattr, bundle_module, limit, before)
            with self.assertRaisesRegex(ValueError, words):
                unpack(whole, self.job)
            setattr(bundle_module, limit, before)
            self.assertEqual(os.listdir(self.job), [])

    def test_damage_is_said_whatever_byte_it_hits(self):
        whole = zipped(("main.py", "print(1)\n" * 50), ("a/b", "x" * 50))
        for at in range(len(whole)):
            damaged = whole[:at] + bytes((whole[at] ^ 0xFF,)) + whole[at + 1:]
            try:
                unpack(damaged, self.job)
            except (ValueError, OSError):
                pass
            shutil.rmtree(self.job)
            self.assertEqual(os.listdir(self.outside), [])
            os.mkdir(self.job)
        for data in (b"", b"no zip", whole[:-5]):
            with self.assertRaisesRegex(ValueError, "damaged"):
                unpack(data, self.job)

    def test_an_encrypted_entry_and_a_missing_main_are_named(self):
        secret = bytearray(zipped(("main.py", "x")))
        secret[secret.index(b"PK\1\2") + 8] |= 1
        with self.assertRaisesRegex(ValueError, "encrypted entry: 'main.py'"):
            unpack(bytes(secret), self.job)
        for entries in ((), (("src/main.py", ""),), (("main.py/x", ""),)):
            with self.assertRaisesRegex(ValueError, "no main.py"):
                unpack(zipped(*entries), self.job)

    def test_the_entry_must_be_a_file_of_the_bundle(self):
        for entry, there in (("src/run.py", True), ("src", False), ("src/missing.py", False), ("/etc/passwd", False),
                             ("src/../src/run.py", False), ("../job/src/run.py", False)):
            if there:
                unpack(zipped(("src/run.py", "")), self.job, entry)
            else:
                with self.assertRaisesRegex(ValueError, "the bundle has no " + entry):
                    unpack(zipped(("src/run.py", "")), self.job, entry)
            shutil.rmtree(self.job)
            os.mkdir(self.job)


class Keeping(Directory):
    def keep(self, letter, size, days):
        path = os.path.join(self.job, letter * 64 + ".zip")
        with open(path, "wb") as file:
            file.truncate(size)
        os.utime(path, (1, time.time() - days * 86400))

    def kept(self):
        return sorted(name[0] for name in os.listdir(self.job))

    def test_the_least_recently_used_go_until_there_is_room_and_the_old_ones_go_anyway(self):
        for letter, size, days in (("a", 100, 3), ("b", 100, 2), ("c", 100, 1), ("d", 100, 31)):
            self.keep(letter, size, days)
        with open(os.path.join(self.job, "aa.lock"), "w"):
            pass
        fetch.make_room(self.job, 50, 1000)
        self.assertEqual(self.kept(), ["a", "a", "b", "c"])
        fetch.make_room(self.job, 50, 250)
        self.assertEqual(self.kept(), ["a", "b", "c"])
        self.assertTrue(os.path.exists(os.path.join(self.job, "aa.lock")))
        fetch.make_room(self.job, 250, 250)
        self.assertEqual(self.kept(), ["a"])


class Planning(Directory):
    def plan(self, requirements, bundle="b", environment=None):
        with open(os.path.join(self.job, "requirements.txt"), "w") as file:
            file.write(requirements)
        return Plan(self.job, "", None, environment or {}, bundle)

    def test_only_a_file_that_names_something_is_worth_a_phase(self):
        self.assertFalse(is_needed(self.job))
        for text, needed in (("", False), ("# nothing\n\n  \n", False), ("six\n", True), ("# one\nsix", True)):
            self.plan(text)
            self.assertEqual(is_needed(self.job), needed, text)

    def test_the_key_is_of_all_that_the_outcome_depends_on(self):
        key = self.plan("six==1.0\n").key()
        self.assertRegex(key, rf"^py3\.{sys.version_info[1]}-[0-9a-f]{{64}}$")
        self.assertEqual(self.plan("six==1.0\n", "another bundle", {b"HOME": b"/"}).key(), key)
        self.assertNotEqual(self.plan("six==1.1\n").key(), key)
        self.assertNotEqual(self.plan("six==1.0\n", environment={b"PIP_INDEX_URL": b"http://x"}).key(), key)
        for local in ("-r more.txt", "--find-links wheels\nsix", "./package", "six @ file:x.whl", "wheels/six.whl", "-e ."):
            self.assertNotEqual(self.plan(local, "one").key(), self.plan(local, "two").key(), local)

    def test_a_cache_key_is_a_plain_name(self):
        self.assertEqual(cache_directory("/tmp", "org_01AZ-x"), "/tmp/stout-cache-org_01AZ-x")
        for key in ("../x", "a/b", "", "a b", "a" * 65, "ü"):
            with self.assertRaises(ValueError):
                cache_directory("/tmp", key)


class Explaining(unittest.TestCase):
    def test_each_common_cause_has_its_own_words(self):
        for said, words in (
            ("/usr/bin/python3: No module named pip\n", "has no pip. Install it there"),
            ("error: externally-managed-environment\n\n× This environment is externally managed\n", "PEP 668"),
            ("WARNING: Retrying … after connection broken by 'NewConnectionError(… Name or service not known')'\n"
             "ERROR: Could not find a version that satisfies the requirement six (from versions: none)\n"
             "ERROR: No matching distribution found for six\n", "does not reach the package index"),
            ("ERROR: Could not find a version that satisfies the requirement nope==9 (from versions: 1)\n"
             "ERROR: No matching distribution found for nope==9\n", "^Could not find a version .* nope==9 .from versions: 1.$"),
            ("Killed by a goblin\n", "pip ended with 2"),
        ):
            self.assertRegex(explain(said, 2), words)
        self.assertEqual(explain("", -9), "pip was ended by signal 9.")


if __name__ == "__main__":
    unittest.main()
