"""The services of twinlens tune: disabled, kept down, and put back exactly; against a systemd of our own.

Only services are in the profile, and their links lie in a temporary folder: nothing of this machine is changed.
"""

import json

import harness
from systemd import UNITS, ServicesCase

CUPS = ("cups.service", "cups.socket", "cups.path", "cups-browsed.service")
# What an apply of cups does, in its order: what starts it goes first, itself last.
CUPS_STOPS = ["StopUnit cups.socket", "StopUnit cups.path", "StopUnit cups-browsed.service", "StopUnit cups.service"]


class Changes(ServicesCase):
    def test_there_and_back(self):
        plan = self.tune("plan")
        self.assertIn("cups.socket, cups.path, cups-browsed.service", " ".join(plan.split()))
        self.assertEqual(self.machine.calls(), [])
        self.tune("apply")
        self.assert_down(CUPS)
        left = [path for path in self.machine.links() if "cups" in path or "printer" in path]
        self.assertEqual(left, [])
        calls = self.machine.calls()
        self.assertEqual([call for call in calls if call.startswith("StopUnit")], CUPS_STOPS)
        self.assertLess(calls.index(f"DisableUnitFiles {' '.join(CUPS)}"), calls.index(CUPS_STOPS[0]))
        self.assertEqual(calls.count("Reload"), 1)
        self.assertFalse([call for call in calls if call.startswith("Mask")])

        self.tune("apply")
        self.assertEqual(self.machine.calls(), calls, "the second apply changes nothing")
        self.tune("status")
        self.assertEqual(self.machine.calls(), calls)

        self.tune("rollback")
        self.assert_as_before()
        started = [call for call in self.machine.calls() if call.startswith("StartUnit")]
        self.assertEqual(started, ["StartUnit cups.socket", "StartUnit cups.path", "StartUnit cups.service",
                                   "StartUnit cups-browsed.service"])
        calls = self.machine.calls()
        self.tune("rollback")
        self.assertEqual(self.machine.calls(), calls, "the second rollback changes nothing")

    def test_only_what_was_up_is_started(self):
        self.tune("apply", services="bluetooth")
        self.assertNotIn("dbus-org.bluez.service", self.figures())
        self.tune("rollback")
        self.assert_as_before()
        self.assertFalse([call for call in self.machine.calls() if call.startswith("StartUnit")])

    def test_a_mask_where_a_unit_file_wants_it(self):
        output = self.tune("plan", services="avahi-daemon")
        self.assertIn("cups-browsed.service wants it", " ".join(output.split()))
        self.tune("apply", services="avahi-daemon")
        self.assertEqual(self.machine.links()["avahi-daemon.service"], "/dev/null")
        self.assert_down(("avahi-daemon.service", "avahi-daemon.socket"))
        self.tune("apply", services="avahi-daemon")
        self.tune("rollback")
        self.assert_as_before()

    def test_no_mask_when_what_wants_it_goes_too(self):
        self.tune("apply", services="cups avahi-daemon")
        self.assertFalse([call for call in self.machine.calls() if call.startswith("Mask")])
        self.tune("rollback")
        self.assert_as_before()

    def test_not_installed(self):
        self.assertIn("not installed", self.tune("plan", services="nothing"))
        self.tune("apply", services="nothing")
        self.assertEqual(self.machine.calls(), [])

    def test_systemd_reads_its_files_once(self):
        services = "bluetooth cups avahi-daemon ModemManager"
        self.tune("apply", services=services)
        self.assertEqual(self.machine.calls().count("Reload"), 1)
        self.tune("rollback")
        self.assertEqual(self.machine.calls().count("Reload"), 2)
        self.assert_as_before()

    def test_order_of_what_is_durable(self):
        """What is to be changed before it is changed, and what was changed before it counts as done."""
        log, state = self.machine.folder / "log", self.machine.state
        durable = {"preload": ["sync-log.so"], "env": {"SYNC_LOG": str(log)}}
        self.tune("apply", services="avahi-daemon", **durable)
        lines = log.read_text().splitlines()
        journal = [i for i, line in enumerate(lines) if line == f"fsync {state}/journal"]
        disabled = lines.index("DisableUnitFiles avahi-daemon.service avahi-daemon.socket")
        stopped = lines.index("StopUnit avahi-daemon.socket")
        settled = lines.index("Reload")
        folders = [lines.index(f"fsync {path}") for path in (state.parent, state)]
        self.assertLess(max(folders), disabled)
        # The beginning and the intent; that it is done; the end.
        counts = [sum(a < i < b for i in journal) for a, b in ((0, disabled), (disabled, stopped), (stopped, settled))]
        self.assertEqual((counts, len(journal)), ([2, 0, 1], 4), lines)
        left = set(lines[disabled:stopped])
        for folder in ("sockets.target.wants", "multi-user.target.wants"):
            path = UNITS / folder
            self.assertIn(f"fsync {path if path.exists() else path.parent}", left)

        log.write_text("")
        self.tune("rollback", **durable)
        lines = log.read_text().splitlines()
        read = lines.index("Reload")
        for path, target in self.machine.links().items():
            if "avahi" in path and "/" in target:
                self.assertIn(f"fsync {(UNITS / path).parent}", lines[:read])
        self.assertLess(lines.index(f"fsync {state}/journal"), read)
        self.assert_as_before()

    def test_a_report(self):
        report = json.loads(self.tune("apply", "--json"))
        self.assertEqual([(step["object"], step["outcome"]) for step in report["steps"]],
                         [("cups.service", "made"), ("", "settled")])
        settled = report["steps"][1]
        self.assertGreaterEqual(settled["waited_seconds"], 3)
        self.assertGreaterEqual(settled["seconds"], settled["waited_seconds"])
        self.assertGreater(report["seconds"], report["waited_seconds"])

    def test_named_by_its_alias(self):
        self.tune("apply", "--service", "dbus-org.freedesktop.ModemManager1", services="nothing")
        self.assert_down(("ModemManager.service",))
        self.tune("rollback")
        self.assert_as_before()

    def test_power_cut(self):
        """Links that are back are so before the journal says it."""
        watch = harness.PowerWatch(self.machine.folder, self.machine.state)
        self.tune("apply", env=watch.environment, preload=(watch.library,))
        watch.count_changes()
        self.tune("rollback", env=watch.environment, preload=(watch.library,))
        self.assertGreater(watch.count_changes(), 3)
        self.assert_as_before()

    def test_another_run_adds_services(self):
        self.tune("apply")
        self.tune("apply", "--service", "ModemManager")
        self.assert_down((*CUPS, "ModemManager.service"))
        self.tune("rollback")
        self.assert_as_before()


harness.main()
