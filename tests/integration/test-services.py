"""The services of twinlens tune: disabled, kept down, and put back exactly; against a systemd of our own.

Only services are in the profile, and their links lie in a temporary folder: nothing of this machine is changed.
"""

import json
import os
import subprocess

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


class Trouble(ServicesCase):
    def show(self, name, text):
        """A prefix that shows the program another text in its own folder of /proc."""
        if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
            self.skipTest("no mount namespace may be made here")
        folder = self.machine.folder / "shown"
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
        top = name.split("/", maxsplit=1)[0]
        return ("unshare", "-m", "sh", "-c", 'mount --bind "$0" "/proc/$$/$1" && shift && exec "$@"',
                str(folder / top), top)

    def check_refused(self, service, reason, prefix):
        output = self.tune("apply", services=f"{service} ModemManager", status=3, prefix=prefix)
        self.assertIn(reason, " ".join(output.split()))
        self.assertEqual(self.machine.calls(), [])
        self.tune("apply", "--service", service, services="nothing", prefix=prefix)
        self.assert_down((f"{service}.service",))

    def test_what_carries_the_session_is_refused_unless_named(self):
        self.check_refused("cups", "it carries this session", self.show("cgroup", "0::/system.slice/cups.service\n"))

    def test_what_carries_the_default_route_is_refused_unless_named(self):
        self.machine.units["dhcpcd.service"] = {"ActiveState": "active", "UnitFileState": "enabled",
                                                "FragmentPath": "/lib/systemd/system/dhcpcd.service"}
        self.machine.start()
        route = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n" \
                "eth9 00000000 0202000A 0003 0 0 0 00000000 0 0 0\n"
        self.check_refused("dhcpcd", "it carries the default route, over eth9", self.show("net/route", route))

    def test_what_the_system_needs_is_refused_unless_named(self):
        self.machine.units["systemd-logind.service"] = {"ActiveState": "active", "UnitFileState": "static",
                                                        "FragmentPath": "/lib/systemd/system/systemd-logind.service"}
        self.machine.start()
        output = self.tune("apply", services="systemd-logind", status=3)
        self.assertIn("the system does not work without it", " ".join(output.split()))
        self.assertEqual(self.machine.calls(), [])
        self.tune("apply", "--service", "systemd-logind", services="nothing")
        self.assertIn("StopUnit systemd-logind.service", self.machine.calls())

    def test_what_rollback_needs_is_refused_though_named(self):
        self.machine.units["dbus.service"] = {"ActiveState": "active", "UnitFileState": "static"}
        self.machine.start()
        output = self.tune("apply", "--service", "dbus", services="nothing", status=3)
        self.assertIn("dbus.service: without it nothing could be taken back", output)
        self.assertEqual(self.machine.calls(), [])

    def test_jobs_that_end_badly(self):
        for result in ("failed", "timeout", "canceled"):
            with self.subTest(result):
                self.machine.start(jobs={"cups.service": result})
                output = self.tune("apply", status=1)
                self.assertIn(f'the job to stop it ended with "{result}"', " ".join(output.split()))
                self.machine.start()
                self.tune("rollback")
                self.assert_as_before()

    def test_a_link_that_came_after_the_plan(self):
        link = UNITS / "late.target.wants/cups.service"
        self.machine.start(late={"cups.service": str(link)})
        output = self.tune("apply", status=1)
        self.assertIn(f"systemd removed {link}, which came after the plan was made", " ".join(output.split()))
        self.machine.start()
        self.tune("rollback")
        self.assert_as_before()

    def test_what_somebody_changed_since_is_not_applied_again(self):
        self.tune("apply")
        link = UNITS / "printer.target.wants/cups.service"
        link.parent.mkdir()
        link.symlink_to("/usr/local/lib/systemd/system/cups.service")
        self.machine.units["cups.service"]["ActiveState"] = "active"
        self.machine.start()
        calls = self.machine.calls()
        output = self.tune("apply", status=3)
        self.assertIn("cups.service: somebody changed it since", " ".join(output.split()))
        self.assertEqual(self.machine.calls(), calls)
        self.assertEqual(os.readlink(link), "/usr/local/lib/systemd/system/cups.service")

    def test_a_service_that_comes_back(self):
        self.machine.start(returns={"ModemManager.service": 0.5})
        output = self.tune("apply", services="ModemManager", status=1)
        self.assertIn("ModemManager.service: runs 3 s after it was stopped", " ".join(output.split()))
        self.machine.start()
        self.tune("rollback")
        self.assert_as_before()

    def test_systemd_goes_away(self):
        for method in ("DisableUnitFiles", "StopUnit", "Reload"):
            with self.subTest(method):
                self.machine.start(end_at=method)
                self.tune("apply", status=1)
                self.machine.start()
                self.tune("rollback")
                self.assert_as_before()

    def test_systemd_refuses(self):
        self.machine.start(deny="DisableUnitFiles")
        result = self.machine.tune("apply")
        self.assertIn(result.returncode, (1, 3))
        self.assertIn("interactive authentication required", result.stdout + result.stderr)
        self.machine.start()
        self.tune("rollback")
        self.assert_as_before()

    def test_no_systemd(self):
        self.machine.stop_systemd()
        output = self.tune("apply", status=3)
        self.assertIn("nobody is org.freedesktop.systemd1", output)
        self.assertEqual(self.figures(), self.before[0])

    def test_a_link_that_was_turned_elsewhere_is_left_alone(self):
        self.tune("apply")
        link = UNITS / "printer.target.wants/cups.service"
        link.parent.mkdir()
        link.symlink_to("/usr/local/lib/systemd/system/cups.service")
        output = self.tune("rollback")
        self.assertIn("leads elsewhere since, and is left so", " ".join(output.split()))
        self.assertEqual(os.readlink(link), "/usr/local/lib/systemd/system/cups.service")
        link.unlink()
        link.symlink_to(self.machine.units["cups.service"]["FragmentPath"])
        self.assert_as_before()

    def test_masked_by_somebody_since(self):
        """That one stays so; all the rest of the service is restored."""
        for unit in ("cups.service", "cups.path"):
            with self.subTest(unit):
                self.tune("apply")
                mask = UNITS / unit
                mask.symlink_to("/dev/null")
                self.machine.start()
                self.assertIn(f"{unit} was masked since", " ".join(self.tune("status", status=1).split()))
                output = self.tune("rollback")
                self.assertIn(f"{unit} was masked since, and is left so", " ".join(output.split()))
                self.assertEqual(os.readlink(mask), "/dev/null")
                mask.unlink()
                self.assertEqual(self.figures(), self.before[0])
                self.assertEqual(self.machine.states(), {**self.before[1], unit: "inactive"})
                (self.machine.folder / "states").unlink()
                self.machine.start()

    def test_started_by_somebody_since(self):
        """Its socket cannot be opened while it runs: it makes way."""
        self.tune("apply")
        states = self.machine.states() | {"cups.service": "active"}
        self.machine.stop_systemd()
        (self.machine.folder / "states").write_text(json.dumps(states))
        self.machine.start()
        self.tune("rollback")
        self.assert_as_before()

    def test_enabled_again_by_somebody(self):
        """Half of it is as before: the rest is restored, too."""
        self.tune("apply")
        link = UNITS / "sockets.target.wants/cups.socket"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(self.machine.units["cups.socket"]["FragmentPath"])
        self.tune("rollback")
        self.assert_as_before()


harness.main()
