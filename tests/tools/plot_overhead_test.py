"""tools/plot_overhead draws what was measured, and says in one line what it cannot read.

    plot_overhead_test.py PLOT_OVERHEAD MEASUREMENTS
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

PLOT, MEASUREMENTS = sys.argv[1:3]
SVG = "{http://www.w3.org/2000/svg}"


def plot(results, directory):
    return subprocess.run([sys.executable, PLOT, results, directory], capture_output=True, text=True, check=False)


def with_class(tree, name):
    return [element for element in tree.iter() if element.get("class") == name]


def texts(tree):
    return ["".join(element.itertext()) for element in tree.iter(SVG + "text")]


class PlotOverhead(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.outcome = plot(MEASUREMENTS, cls.directory.name)
        cls.overhead, cls.scaling = (
            xml.parse(os.path.join(cls.directory.name, name)).getroot() for name in ("overhead.svg", "scaling.svg"))

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_succeeds_in_silence(self):
        self.assertEqual((self.outcome.returncode, self.outcome.stdout, self.outcome.stderr), (0, "", ""))

    def test_draws_a_bar_for_each_system_with_the_median_of_its_repetitions(self):
        bars = {bar.get("data-row"): float(bar.get("data-ns")) for bar in with_class(self.overhead, "bar")}
        self.assertEqual(bars, {"TwoClockReads": 20, "Record/full_span": 22, "RecordSwitchedOff": 1.5,
                                "Peer<MutexVector>": 400, "Peer<New & Shiny>": 60})

    def test_makes_bars_as_long_as_the_logarithm_of_the_time(self):
        length = {bar.get("data-row"): float(bar.get("width")) for bar in with_class(self.overhead, "bar")}
        decade = (length["Peer<MutexVector>"] - length["TwoClockReads"]) / math.log10(400 / 20)
        self.assertAlmostEqual(length["Record/full_span"] - length["TwoClockReads"], decade * math.log10(22 / 20), 1)

    def test_writes_times_and_ratios_to_two_clock_reads_beside_the_bars(self):
        self.assertLessEqual({"22.0", "1.10 ×", "400", "20.0 ×", "1.50", "0.07 ×"}, set(texts(self.overhead)))

    def test_says_which_system_is_not_shown_and_why(self):
        for picture in (self.overhead, self.scaling):
            told = [text for text in texts(picture) if text.startswith("not shown: ")]
            self.assertEqual(len(told), 1)
            self.assertRegex(told[0], "LTTng-UST.*: SKIPPED: no lttng here")

    def test_draws_a_point_for_each_system_and_number_of_threads(self):
        points = {(point.get("data-row"), int(point.get("data-threads"))): float(point.get("data-spans-per-s"))
                  for point in with_class(self.scaling, "point")}
        self.assertEqual(points, {
            ("TwoClockReads", 1): 5e7, ("TwoClockReads", 2): 1e8, ("TwoClockReads", 4): 1.01e8,
            ("Record/full_span", 1): 4.5e7, ("Record/full_span", 2): 5e7, ("Record/full_span", 4): 5.5e7,
            ("Peer<MutexVector>", 1): 2.5e6, ("Peer<MutexVector>", 2): 2e6, ("Peer<New & Shiny>", 1): 1.6e7})

    def test_names_the_machine_and_the_units_in_both(self):
        for picture in (self.overhead, self.scaling):
            self.assertIn("A CPU <of> the test, 2 CPUs, g++ 12.2.0, medians of 3 repetitions", texts(picture))
        self.assertIn("time per span, one thread (logarithmic)", texts(self.overhead))
        self.assertIn("spans per second (logarithmic)", texts(self.scaling))
        self.assertIn("threads that record", texts(self.scaling))

    def test_keeps_the_names_of_lines_apart(self):
        heights = sorted(float(text.get("y")) for text in self.scaling.iter(SVG + "text")
                         if text.get("font-size") == "12.5")
        self.assertEqual(len(heights), 4)
        for above, below in zip(heights, heights[1:]):
            self.assertGreaterEqual(below - above, 15)

    def test_prints_a_table_of_medians_and_spread(self):
        outcome = plot(MEASUREMENTS, "--table")
        self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))
        lines = outcome.stdout.splitlines()
        self.assertIn("| `Record/full_span` | 1 | 22.0 | 1.10 | 20.3 % | – | 45.0 | – |", lines)
        self.assertIn("| `Peer<LttngUst>` | 1 | SKIPPED: no lttng here | | | | | |", lines)
        self.assertEqual(len(lines), 14)

    def test_wants_a_directory_or_a_table(self):
        for arguments in ([], [".", "--table"]):
            outcome = subprocess.run([sys.executable, PLOT, MEASUREMENTS, *arguments], capture_output=True, text=True,
                                     check=False)
            self.assertEqual((outcome.returncode, outcome.stdout), (2, ""))

    def test_gives_the_same_pictures_from_medians_alone(self):
        with open(MEASUREMENTS, encoding="utf-8") as file:
            document = json.load(file)
        document["benchmarks"] = [
            {"name": "TwoClockReads/threads:1_median", "run_name": "TwoClockReads/threads:1", "run_type": "aggregate",
             "aggregate_name": "median", "burst_ns": 20, "p99.9_ns": 30, "spans_per_s": 5e7}]
        tree = self.drawn(document, "overhead.svg")
        self.assertEqual([bar.get("data-ns") for bar in with_class(tree, "bar")], ["20"])

    def drawn(self, document, name):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "results.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document, file)
            outcome = plot(path, directory)
            self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))
            return xml.parse(os.path.join(directory, name)).getroot()

    def test_says_in_one_line_what_it_cannot_read(self):
        floor = '{"name": "TwoClockReads/threads:1", "burst_ns": %s}'
        cases = {
            "": "expected JSON",
            "[1]": 'no list "benchmarks"',
            '{"benchmarks": 3}': 'no list "benchmarks"',
            '{"benchmarks": [3]}': "benchmarks[0]: expected an object",
            '{"benchmarks": []}': "expected the row TwoClockReads",
            '{"benchmarks": [' + floor % '"20"' + "]}": "benchmarks[0]: expected burst_ns to be a number",
            '{"benchmarks": [' + floor % "-1" + "]}": "benchmarks[0]: expected burst_ns to be a number",
            '{"benchmarks": [' + floor % "NaN" + "]}": "benchmarks[0]: expected burst_ns to be a number",
            '{"benchmarks": [' + floor % "true" + "]}": "benchmarks[0]: expected burst_ns to be a number",
            '{"benchmarks": [' + floor % "5e-324" + "]}": "benchmarks[0]: expected burst_ns to be a number",
            '{"benchmarks": [' + floor % ("9" * 400) + "]}": "benchmarks[0]: expected burst_ns to be a number",
            '{"benchmarks": [' + floor % ("9" * 9000) + "]}": "expected JSON",
            '{"benchmarks": [' + floor % "20" + "]}": "expected a row with spans_per_s",
            '{"benchmarks": [{"name": "a", "run_name": 3}]}': "benchmarks[0]: expected run_name to be",
            '{"benchmarks": [{"name": "a", "run_name": null}]}': "benchmarks[0]: expected run_name to be a string",
            '{"benchmarks": [{"name": "a/threads:x"}]}': "benchmarks[0]: expected a number of threads",
            '{"benchmarks": [{"name": "a/threads:' + "9" * 5000 + '"}]}': "expected a number of threads, found 'a/th",
            '{"benchmarks": [{"name": "\\ud800"}]}': "expected JSON",
            "[" * 100_000 + "]" * 100_000: "found deeper nesting",
            '{"context": {"cpus allowed": "²"}, "benchmarks": [' + floor % "20" + "]}": "expected a number of CPUs",
        }
        for text, message in cases.items():
            with self.subTest(text=text), tempfile.TemporaryDirectory() as directory:
                path = os.path.join(directory, "results.json")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                self.refused(plot(path, directory), f"plot_overhead: {path}: ", message)
                self.assertEqual(os.listdir(directory), ["results.json"])

    def test_says_which_file_it_cannot_open(self):
        for results, directory, named in (("/nonexistent/results.json", ".", "/nonexistent/results.json"),
                                          (MEASUREMENTS, "/nonexistent", "/nonexistent/overhead.svg")):
            self.refused(plot(results, directory), f"plot_overhead: {named}: ", "No such file")

    def refused(self, outcome, begin, message):
        self.assertEqual((outcome.returncode, outcome.stdout), (1, ""))
        self.assertEqual(outcome.stderr.count("\n"), 1, outcome.stderr)
        self.assertTrue(outcome.stderr.startswith(begin), outcome.stderr)
        self.assertIn(message, outcome.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
