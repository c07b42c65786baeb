"""twinlens boot, against a bus of its own and a systemd that answers as that of a board did."""

import json
import unittest

import harness
from systemd import Bus, captured_boot, needs_bus


def one_line(text):
    return text.count("\n") == 1 and text.endswith("\n")


@needs_bus
class Boot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()
        cls.manager, cls.units = captured_boot()

    @classmethod
    def tearDownClass(cls):
        cls.bus.close()

    def tearDown(self):
        self.bus.stop_systemd()

    def start(self, **changes):
        self.bus.start_systemd(**{"manager": self.manager, "units": self.units, **changes})

    def test_text(self):
        self.start()
        result = self.bus.run("boot", "--limit", "1m")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for words in ("kernel         2.694 s", "total         31.972 s", "within the limit of 60 s",
                      "5.582 s  cups.service                        yes", "required by cups-browsed.service",
                      "graphical.target @28.332 s", "ModemManager.service @23.217 s +4.967 s",
                      "twinlens tune apply --service "):
            self.assertIn(words, result.stdout)
        self.assertEqual([line for line in result.stdout.splitlines() if len(line) > 80], [])

    def test_over_the_limit(self):
        self.start()
        result = self.bus.run("boot")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertIn("LONGER than the limit of 30 s", result.stdout)

    def test_json(self):
        self.start()
        result = self.bus.run("boot", "--json", "--limit", "31s")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        report = json.loads(result.stdout)
        self.assertAlmostEqual(report["total_s"], 31.972372)
        self.assertEqual((report["limit_s"], report["within_limit"]), (31.0, False))
        self.assertEqual([name for name, value in report["phases"].items() if value is None],
                         ["firmware_s", "loader_s", "initrd_s"])
        durations = [unit["duration_s"] for unit in report["units"]]
        self.assertEqual(durations, sorted(durations, reverse=True))
        self.assertEqual(report["critical_chain"][0]["unit"], "graphical.target")
        self.assertEqual(report["critical_chain"][-1]["unit"], "-.slice")
        cups = next(unit for unit in report["units"] if unit["unit"] == "cups.service")
        self.assertTrue(cups["can_leave_out"])
        self.assertEqual(cups["triggered_by"], ["cups.path", "cups.socket"])

    def test_not_ended_yet(self):
        self.start(manager={**self.manager, "FinishTimestampMonotonic": 0})
        result = self.bus.run("boot")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("the start-up has not ended yet", result.stderr)

    def test_nobody_is_systemd(self):
        result = self.bus.run("boot")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertTrue(one_line(result.stderr), result.stderr)
        self.assertIn("nobody is org.freedesktop.systemd1", result.stderr)

    def test_no_bus(self):
        for address in ("unix:path=/nonexistent/bus", "nonsense"):
            result = self.bus.run("boot", env={"DBUS_SYSTEM_BUS_ADDRESS": address})
            self.assertEqual((result.returncode, result.stdout), (3, ""))
            self.assertTrue(one_line(result.stderr), result.stderr)
            self.assertIn("the system bus does not answer", result.stderr)

    def test_lost_on_the_way(self):
        self.start(end_at="ListUnits")
        result = self.bus.run("boot")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertTrue(one_line(result.stderr), result.stderr)

    def test_refused(self):
        self.start(deny="ListUnits")
        result = self.bus.run("boot")
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("interactive authentication required", result.stderr)

    def test_no_answer(self):
        self.start()
        self.bus.freeze()
        result = self.bus.run("boot", seconds=25)
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("did not answer Ping in time", result.stderr)

    def test_damaged_answer(self):
        self.start(units={"x.service": {"UnitFileState": 7}})
        result = self.bus.run("boot")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("UnitFileState", result.stderr)

    def test_options(self):
        for arguments in (("--limit", "soon"), ("--limit", "-1s"), ("now",), ("--nonsense",)):
            result = self.bus.run("boot", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
        self.assertIn("--limit TIME", self.bus.run("boot", "--help").stdout)


harness.main()
