"""What is written is read by readers that are not ours, whatever the names; files of 10 GiB take little memory.

    outputs_test.py RINGTAIL HOSTILE_FILES
"""
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import unicodedata
import unittest

RINGTAIL, HOSTILE_FILES = sys.argv[1:3]
ARMED = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
ESCAPES = {b"%25": b"%", b"%3B": b";", b"%0A": b"\n", b"%0D": b"\r"}
MIB = 1 << 20


def ringtail(*arguments, memory=None, **more):
    def limit():
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return subprocess.run([RINGTAIL, *arguments], capture_output=True, check=False, preexec_fn=limit, **more)


def strict_json(text):
    def no_number(token):
        raise ValueError("no number: " + token)

    def distinct(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)
    return json.loads(text, parse_constant=no_number, object_pairs_hook=distinct)


def unescaped(frame):
    return re.sub(rb"%.{0,2}", lambda escape: ESCAPES[escape.group()], frame, flags=re.DOTALL)


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        subprocess.run([HOSTILE_FILES, cls.directory.name], check=True)
        with open(cls.path("names"), encoding="ascii") as lines:
            cls.names = [bytes.fromhex(line) for line in lines]
        cls.texts = [name.decode("utf-8", errors="replace") for name in cls.names]

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.directory.name, name)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def expect_same(self, found, expected):
        """As assertEqual, which compares names of a megabyte for minutes where they differ."""
        self.assertEqual(len(found), len(expected))
        for one, other in zip(found, expected):
            self.assertTrue(one == other, f"{one!r:.200} is not {other!r:.200}")

    def rows(self, name):
        csv.field_size_limit(1 << 24)
        with open(self.path(name), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        for row in rows:
            self.assertNotIn(None, list(row) + list(row.values()))  # as many cells as columns
        return rows

    def test_has_enough_names(self):
        self.assertGreater(len(set(self.names)), 200)

    def test_json_is_json_with_the_names(self):
        trace = strict_json(self.content("trace.json").decode("utf-8"))
        self.expect_same([entry["operation"] for entry in trace["entries"]], self.texts)
        self.expect_same([entry["device_id"] for entry in trace["entries"]], self.texts)
        self.expect_same([thread["name"] for thread in trace["ringtail"]["threads"]], self.texts)
        utf8 = [text for name, text in zip(self.names, self.texts) if text.encode("utf-8") == name]
        self.expect_same(sorted(trace["metadata"].items()), sorted(zip(utf8, utf8)))

    def test_chrome_json_is_json_with_the_names(self):
        trace = strict_json(self.content("trace.chrome.json").decode("utf-8"))
        spans = [event["name"] for event in trace["traceEvents"] if event["ph"] == "X"]
        self.expect_same(sorted(spans), sorted(self.texts))

    def test_collapsed_stacks_have_the_names_byte_for_byte(self):
        stacks = set()
        for line in self.content("trace.collapsed").removesuffix(b"\n").split(b"\n"):
            stack, weight = line.rsplit(b" ", 1)
            self.assertRegex(weight, rb"^[0-9]+$")
            frames = [unescaped(frame) for frame in stack.split(b";")]
            stacks.add(tuple(frames))
        self.expect_same(sorted(stacks), sorted((b"trace", name, name) for name in self.names))

    def test_csv_has_the_names_and_no_formula(self):
        rows = self.rows("trace.csv")
        texts = [text.replace("\0", "\ufffd") for text in self.texts]
        for column in ("operation", "device", "thread_name"):
            cells = [row[column] for row in rows]
            self.assertFalse([cell for cell in cells if cell.startswith(ARMED)])
            self.expect_same([cell.removeprefix("'") for cell in cells], texts)
            changed = [text for cell, text in zip(cells, texts) if cell != text]
            self.assertEqual([text for text in changed if not text.startswith(ARMED + ("'",))], [])
        self.expect_same([row["operation"] for row in self.rows("raw.csv")], texts)

    def test_csv_has_the_numbers(self):
        for i, row in enumerate(self.rows("trace.csv")):
            self.assertEqual((int(row["begin_ns"]), float(row["duration_us"]), int(row["step"])), (1000 * i, 1.0, i))
            self.assertEqual((json.loads(row["input_shapes"]), json.loads(row["output_shape"])), ([[2, 3], []], [i]))
            self.assertEqual((int(row["output_elements"]), int(row["memory_bytes"])), (i, 8 * i))
            self.assertEqual((int(row["thread"]), int(row["depth"]), int(row["weight"])), (i, 0, 1))

    def test_convert_says_how_many_spans_a_table_lacks(self):
        done = ringtail("convert", self.path("trace.json"), "-o", self.path("again.csv"))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rb"^ringtail: [^\n]*: [0-9 ]+ spans of the trace are in no row[^\n]*\n$")
        self.assertEqual(len(self.rows("again.csv")), len(self.names))

    def test_reports_show_nothing_that_controls_a_terminal(self):
        for arguments in (["analyze"], ["check"], ["analyze", "--format", "json"], ["check", "--format", "json"]):
            done = ringtail(*arguments, self.path("trace.json"))
            for character in set((done.stdout + done.stderr).decode("utf-8")) - {"\n"}:
                self.assertNotIn(unicodedata.category(character), ("Cc", "Cs", "Zl", "Zp"), ascii(character))
                self.assertNotIn(unicodedata.bidirectional(character),
                                 ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"), ascii(character))
            if "json" in arguments:
                strict_json(done.stdout.decode("utf-8"))


class HugeFiles(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def sparse(self, start, name="huge.json"):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(start)
            try:
                file.truncate(10 << 30)
            except OSError as error:
                self.skipTest(f"no sparse file of 10 GiB here: {error}")
        return path

    def test_of_ten_gigabytes_are_refused_where_they_go_wrong(self):
        entry = b'{"step": 0, "operation": "a", "device_id": null, "input_shapes": [], "output_shape": [], ' \
                b'"duration_us": 1.0, "output_elements": 0, "memory_bytes": 0}'
        whole = b'{"entries": [], "total_duration_us": 0.0, "metadata": {}}'
        entries = b'{"entries": [' + b",".join([entry] * 10000)
        text = b'{"metadata": {"k": "v'
        for start, wrong_at in ((b"", 0), (entries, len(entries)), (whole, len(whole)), (text, text.rfind(b'"'))):
            path = self.sparse(start)
            out = os.path.join(self.directory, "out.csv")
            for arguments in (["analyze", path], ["check", path], ["convert", path, "-o", out]):
                done = ringtail(*arguments, memory=512 * MIB)
                self.assertEqual((done.returncode, done.stdout), (1, b""), done.stderr)
                self.assertRegex(done.stderr, rb"^ringtail: [^\n]*huge.json:byte %d: [^\n]*\n$" % wrong_at)
                self.assertEqual(os.listdir(self.directory), ["huge.json"])

    def test_of_ten_gigabytes_that_are_called_rtt_are_refused_or_recovered_in_little_memory(self):
        json_path = os.path.join(self.directory, "small.json")
        with open(json_path, "w", encoding="ascii") as file:
            file.write('{"entries": [], "total_duration_us": 0.0, "metadata": {}}')
        whole = os.path.join(self.directory, "small.rtt")
        self.assertEqual(ringtail("convert", json_path, "-o", whole).returncode, 0)
        with open(whole, "rb") as file:
            start = file.read()
        os.remove(json_path)
        os.remove(whole)
        for start, wrong_at in ((b"", 0), (start, len(start))):
            path = self.sparse(start, "huge.rtt")
            out = os.path.join(self.directory, "out.csv")
            for arguments in (["analyze", path], ["check", path], ["convert", path, "-o", out]):
                done = ringtail(*arguments, memory=512 * MIB)
                self.assertEqual((done.returncode, done.stdout), (1, b""), done.stderr)
                self.assertRegex(done.stderr, rb"^ringtail: [^\n]*huge.rtt:byte %d: [^\n]*\n$" % wrong_at)
                self.assertEqual(os.listdir(self.directory), ["huge.rtt"])
            saved = os.path.join(self.directory, "saved.rtt")
            done = ringtail("recover", path, "-o", saved, "--format", "json", memory=512 * MIB)
            if not start:
                self.assertEqual((done.returncode, done.stdout), (1, b""), done.stderr)
                self.assertRegex(done.stderr, rb"^ringtail: [^\n]*huge.rtt:byte 0: [^\n]*\n$")
            else:
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                lost = strict_json(done.stdout.decode("utf-8"))["lost"]
                self.assertEqual((lost["bytes_skipped"], lost["spans"]), ((10 << 30) - len(start), 0))
                os.remove(saved)

    def test_that_no_memory_is_left_for_end_with_one_line(self):
        names = ",".join(f'"{i}": "{"x" * 1000}"' for i in range(100_000))
        path = os.path.join(self.directory, "large.json")
        with open(path, "w", encoding="ascii") as file:
            file.write('{"entries": [], "total_duration_us": 0.0, "metadata": {%s}}' % names)
        out = os.path.join(self.directory, "out.csv")
        for arguments in (["analyze", path], ["check", path], ["convert", path, "-o", out]):
            done = ringtail(*arguments, memory=64 * MIB)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, b"", b"ringtail: out of memory\n"))
            self.assertEqual(os.listdir(self.directory), ["large.json"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
