"""twinlens soak --judge: recorded series in, a verdict out."""

import json
import math
import pathlib
import random
import tempfile
import unittest

from harness import main, run_twinlens

PAGE = 4096
KIB = 1024


def record(hours, grow, interval=10):
    """Lines of a series that begins at 13 MiB, in whole pages; grow(hour) is what is added."""
    noise = random.Random(1)
    lines = []
    for i in range(int(hours * 3600 / interval)):
        value = 13 * KIB * KIB + grow(i * interval / 3600) + noise.random() * PAGE
        lines.append(f"{i * interval},{math.ceil(value / PAGE) * PAGE}")
    return lines


class Judge(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(pathlib.Path(folder.name) / "series.csv")

    def write(self, lines, head=("time_s,bytes",)):
        pathlib.Path(self.path).write_text("\n".join([*head, *lines]) + "\n")

    def judge(self, *arguments):
        result = run_twinlens("soak", "--judge", self.path, "--json", *arguments)
        self.assertEqual(result.stderr, "")
        answer = json.loads(result.stdout)
        self.assertEqual(result.returncode, 0 if answer["verdict"] == "NO LEAK" else 1)
        return answer

    def test_leak(self):
        self.write(record(1, lambda hour: 100 * KIB * hour))
        answer = self.judge("--available", "100M")
        self.assertEqual(answer["verdict"], "LEAK")
        per_day = answer["slope_bytes_per_day"]
        self.assertAlmostEqual(per_day, 2400 * KIB, delta=120 * KIB)
        self.assertLess(answer["low"], per_day)
        self.assertGreater(answer["high"], per_day)
        self.assertAlmostEqual(answer["exhausted_in_s"], (100 << 20) / per_day * 86400, delta=1)
        self.assertEqual(list(answer["series"]), ["bytes"])
        self.assertEqual(answer["series"]["bytes"]["windows"], 50)
        self.assertEqual(answer["series"]["bytes"]["level_percent"], 99)

    def test_no_leak(self):
        self.write(record(4, lambda hour: 0), head=())
        answer = self.judge()
        self.assertEqual(answer["verdict"], "NO LEAK")
        self.assertLess(answer["high"], answer["series"]["bytes"]["bound_bytes_per_day"])
        self.assertIsNone(answer["exhausted_in_s"])

    def test_stepped(self):
        self.write(record(1, lambda hour: 200 * KIB * (hour > 0.5)))
        answer = self.judge()
        self.assertEqual(answer["verdict"], "STEPPED")
        step, = answer["series"]["bytes"]["steps"]
        self.assertAlmostEqual(step["height_bytes"], 200 * KIB, delta=2 * PAGE)
        self.assertAlmostEqual(step["time_s"], 1800, delta=90)

    def test_undecided(self):
        self.write(record(0.5, lambda hour: 1000 * KIB * hour))
        answer = self.judge()
        self.assertEqual(answer["verdict"], "UNDECIDED")
        self.assertEqual(answer["needed_s"], 1800)
        self.assertIsNone(answer["slope_bytes_per_day"])

    def test_several_series(self):
        leak, level = record(1, lambda hour: 100 * KIB * hour), record(1, lambda hour: 0)
        lines = [f"{a},{b.split(',')[1]}" for a, b in zip(level, leak)]
        self.write(lines, head=("time_s,anonymous,heap",))
        answer = self.judge()
        self.assertEqual(answer["verdict"], "LEAK")
        self.assertEqual({name: series["verdict"] for name, series in answer["series"].items()},
                         {"anonymous": "NO LEAK", "heap": "LEAK"})
        self.assertEqual(answer["slope_bytes_per_day"], answer["series"]["heap"]["slope_bytes_per_day"])

    def test_text(self):
        self.write(record(1, lambda hour: 100 * KIB * hour))
        result = run_twinlens("soak", "--judge", self.path)
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertTrue(result.stdout.startswith("LEAK\n"))
        self.assertIn("are gone in", result.stdout)
        self.assertEqual([line for line in result.stdout.splitlines() if len(line) > 100], [])

    def test_standard_input(self):
        result = run_twinlens("soak", "--judge", "-")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("standard input", result.stderr)

    def test_bad_file(self):
        self.write(["0,1", "10,many"])
        result = run_twinlens("soak", "--judge", self.path)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn(f"{self.path}:3: ", result.stderr)
        result = run_twinlens("soak", "--judge", self.path, "--json")
        self.assertEqual((result.returncode, result.stderr), (2, ""))
        self.assertIn(f"{self.path}:3: ", json.loads(result.stdout)["error"])

    def test_usage(self):
        self.write(record(1, lambda hour: 0))
        for arguments in ((), ("--judge",), ("--judge", self.path, "more"), ("--judge", self.path, "--period", "soon"),
                          ("--judge", self.path, "--available", "much"), ("--judge", self.path + ".not")):
            result = run_twinlens("soak", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertEqual(result.stderr.count("\n"), 1, arguments)


main()
