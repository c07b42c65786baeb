"""What goes wrong with the services of twinlens tune, and what somebody else does meanwhile; against a systemd of our
own."""

import json
import os
import pathlib
import subprocess

import harness
from systemd import UNITS, ServicesCase


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

    def test_without_standard_descriptors(self):
        """What is told goes nowhere, and not into the journal."""
        self.tune("apply")
        closed = ("sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-')
        result = self.machine.tune("apply", "--partial", services="cups template@ ModemManager", prefix=closed)
        self.assertEqual(result.returncode, 0)
        self.assert_down(["ModemManager.service"])
        self.tune("status")
        self.tune("rollback")
        self.assert_as_before()

    def test_lock_is_for_root_only(self):
        lock = pathlib.Path("/run/twinlens-tune/lock")
        lock.parent.mkdir(exist_ok=True)
        lock.touch(0o644)
        self.tune("apply")
        self.assertEqual(oct(lock.stat().st_mode), "0o100600")
        self.tune("rollback")

    def test_plan_tells_of_another_journal(self):
        self.tune("apply")
        output = self.tune("plan", "--state", str(self.machine.folder / "other"))
        self.assertIn(f"what is in {self.machine.state} is applied", output)
        self.tune("rollback")

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
