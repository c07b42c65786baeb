"""Units as boards have them, each with a way of its own of going wrong; against a systemd of our own."""

import json
import os
import pathlib

import harness
from systemd import UNITS, ServicesCase, make_link

WANTS = "/etc/systemd/system/multi-user.target.wants"


class Odd(ServicesCase):
    def add(self, name, **properties):
        """A unit that runs and is enabled by a link to its file, which is there."""
        file = self.machine.folder / name
        file.write_text("")
        links = properties.setdefault("Links", [f"{WANTS}/{name}"])
        self.machine.units[name] = {"ActiveState": "active", "UnitFileState": "enabled", "FragmentPath": str(file),
                                    **properties}
        for link in links:
            if link.endswith(f"/{name}"):
                make_link(pathlib.Path(link), str(file))

    def begin(self):
        (self.machine.folder / "states").unlink(missing_ok=True)
        self.machine.start()
        self.before = (self.figures(), self.machine.states())

    def there_and_back(self, services, *words):
        plan = " ".join(self.tune("plan", services=services).split())
        for word in words:
            self.assertIn(word, plan)
        self.tune("apply", services=services)
        self.tune("status")
        calls = self.machine.calls()
        self.tune("apply", services=services)
        self.assertEqual(self.machine.calls(), calls, "the second apply changes nothing")
        self.tune("rollback")
        self.assert_as_before()

    def refuse(self, services, words):
        self.begin()
        output = " ".join(self.tune("apply", services=services, status=3).split())
        self.assertIn(words, output)
        self.assertEqual(self.machine.calls(), [])

    def test_what_stops_along_is_started_again(self):
        self.add("a.service", ConsistsOf=["part.service", "idle.service"], PropagatesStopTo=["told.service"])
        self.add("part.service", RequiredBy=["needs-part.service"])
        self.add("told.service", UnitFileState="static", Links=[])
        self.add("needs-part.service")
        self.add("idle.service", ActiveState="inactive")
        self.begin()
        self.there_and_back("a", "with it part.service, needs-part.service, told.service")
        disabled = [call for call in self.machine.calls() if call.startswith("DisableUnitFiles")]
        self.assertEqual(disabled, ["DisableUnitFiles a.service"])

    def test_what_is_disabled_along_is_stopped_and_told(self):
        self.add("a.service", Links=[f"{WANTS}/a.service", f"{WANTS}/also.service"])
        self.add("also.service")
        self.begin()
        self.there_and_back("a", "with it also.service")

    def test_what_is_disabled_along_is_guarded(self):
        self.add("a.service", Links=[f"{WANTS}/a.service", f"{WANTS}/systemd-logind.service"])
        self.add("systemd-logind.service")
        self.refuse("a", "systemd-logind.service: the system does not work without it")

    def test_a_mask_where_the_link_to_the_file_was(self):
        """The unit's file lies elsewhere: disabling removes the link to it, and the mask takes that place."""
        link = "/etc/systemd/system/linked.service"
        self.add("linked.service", UnitFileState="linked", Links=[link], WantedBy=["wanter.service"])
        self.machine.units["linked.service"]["FragmentPath"] = link
        self.add("wanter.service")
        self.begin()
        self.there_and_back("linked", "wanter.service wants it")

    def test_a_mask_before_systemd_has_read_it(self):
        """Killed right after it was made: the mask is on the disk, and systemd knows nothing of it."""
        for state in ("active", "inactive"):
            with self.subTest(state):
                self.add("static.service", UnitFileState="static", Links=[], WantedBy=["wanter.service"],
                         ActiveState=state)
                self.add("wanter.service")
                self.begin()
                self.machine.start(kill_at=[1, "after"])
                self.assertEqual(self.machine.tune("apply", services="static").returncode, -9)
                self.assertEqual(os.readlink(UNITS / "static.service"), "/dev/null")
                self.machine.start(stale=True)
                self.tune("rollback")
                self.assert_as_before()

    def test_masked_or_gone_but_running(self):
        self.add("a.service", LoadState="masked", UnitFileState="masked", Links=[])
        self.refuse("a", "a.service is masked, and runs")
        self.add("a.service", LoadState="not-found", UnitFileState="", Links=[])
        self.refuse("a", "a.service is not-found, and runs")

    def test_masked_until_the_next_start(self):
        self.add("a.service", LoadState="masked", UnitFileState="masked-runtime", ActiveState="inactive", Links=[])
        self.machine.start(stale=True)
        output = " ".join(self.tune("apply", services="a", status=3).split())
        self.assertIn("a.service is masked until the next start only", output)

    def test_what_could_not_be_started_again(self):
        self.add("a.service", CanStart=False)
        self.refuse("a", "a.service refuses to be started again")

    def test_too_many_of_them_leave_the_others_alone(self):
        names = [f"d{number}.service" for number in range(40)]
        self.add("many.service", RequiredBy=names)
        self.add("a.service")
        for name in names:
            self.add(name)
        self.begin()
        output = " ".join(self.tune("apply", "--partial", services="many a").split())
        self.assertIn("more than 32 units hang together", output)
        self.assert_down(["a.service"])
        self.tune("rollback")
        self.assert_as_before()

    def apply_and_enable_elsewhere(self):
        """The link by which somebody enabled the service since."""
        self.add("a.service")
        self.begin()
        self.tune("apply", services="a")
        link = "/etc/systemd/system/graphical.target.wants/a.service"
        make_link(pathlib.Path(link), self.machine.units["a.service"]["FragmentPath"])
        self.machine.units["a.service"]["Links"].append(link)
        self.machine.start()
        return link

    def test_a_link_that_came_since_the_first_apply(self):
        link = self.apply_and_enable_elsewhere()
        self.tune("apply", services="a")
        self.assertFalse(os.path.lexists(link))
        self.tune("rollback")
        self.assertTrue(os.path.islink(link))
        self.assertTrue(os.path.islink(f"{WANTS}/a.service"))

    def test_removed_since(self):
        """No link is made that leads to nothing."""
        self.add("a.service")
        self.begin()
        self.tune("apply", services="a")
        os.unlink(self.machine.units["a.service"]["FragmentPath"])
        self.machine.units["a.service"].update(LoadState="not-found", UnitFileState="", ActiveState="inactive")
        self.machine.start()
        self.assertIn("not installed any more", " ".join(self.tune("status", status=1).split()))
        self.assertIn("not installed any more", " ".join(self.tune("rollback").split()))
        self.assertFalse(os.path.lexists(f"{WANTS}/a.service"))
        self.assertIn("nothing is applied", self.tune("rollback"))

    def test_dies_when_it_is_started(self):
        """It is told, and the rollback is over: another one could do no more."""
        for trouble in ({"dies": ["a.service"]}, {"jobs": {"a.service": "failed"}}):
            with self.subTest(**trouble):
                self.add("a.service")
                self.begin()
                self.tune("apply", services="a")
                self.machine.start(**trouble)
                result = self.machine.tune("rollback", "--json")
                self.assertEqual(result.returncode, 1, result.stderr)
                step, = json.loads(result.stdout)["steps"]
                self.assertEqual(step["outcome"], "incomplete")
                self.assertIn("a.service", step["text"])
                self.assertEqual(self.figures(), self.before[0])
                self.assertIn("nothing is applied", self.tune("rollback"))

    def test_a_socket_alone(self):
        """Its service runs on without it, and would be in its way when it is opened again."""
        self.add("a.socket", Triggers=["a.service"])
        self.add("a.service", UnitFileState="static", Links=[])
        self.refuse("a.socket", "a.socket could not be opened again while a.service runs: name that instead")
        self.machine.units["a.service"]["ActiveState"] = "inactive"
        self.begin()
        self.there_and_back("a.socket")

    def test_a_link_that_cannot_be_made(self):
        """The other services are restored all the same."""
        self.add("a.service")
        self.add("b.service", Links=["/etc/systemd/system/b.target.wants/b.service"])
        self.begin()
        self.tune("apply", services="a b")
        (UNITS / "b.target.wants").symlink_to("b.target.wants")
        output = " ".join(self.tune("rollback", status=1).split())
        self.assertIn("restored a.service", output)
        self.assertIn("failed b.service", output)
        (UNITS / "b.target.wants").unlink()
        self.tune("rollback")
        self.assert_as_before()

    def test_still_being_stopped(self):
        """After an apply that gave up on it: it is not taken for stopped."""
        self.add("a.service", ActiveState="deactivating", UnitFileState="disabled", Links=[])
        self.begin()
        self.assertIn("+ a.service", self.tune("plan", services="a"))

    def set_states(self, **states):
        states = {name.replace("_", "."): state for name, state in states.items()}
        states = self.machine.states() | states
        self.machine.stop_systemd()
        (self.machine.folder / "states").write_text(json.dumps(states))
        self.machine.start()

    def test_still_being_stopped_at_rollback(self):
        self.add("a.service")
        self.begin()
        self.tune("apply", services="a")
        self.set_states(a_service="deactivating")
        self.tune("status", status=1)
        self.tune("rollback")
        self.assertIn("StartUnit a.service", self.machine.calls())
        self.assert_as_before()

    def test_apply_again_after_a_mask(self):
        """Killed between the mask and the stop: systemd knows the mask by the time of the next plan."""
        self.add("a.service", UnitFileState="static", Links=[], WantedBy=["wanter.service"])
        self.add("wanter.service")
        self.begin()
        self.machine.start(kill_at=[1, "after"])
        self.assertEqual(self.machine.tune("apply", services="a").returncode, -9)
        self.tune("apply", services="a")
        self.assert_down(["a.service"])
        self.tune("status")
        self.tune("rollback")
        self.assert_as_before()

    def test_what_stops_along_and_requires_it(self):
        """It would pull the service in at boot: it is disabled, in whatever way it was met."""
        self.add("base.service", RequiredBy=["a.service", "b.service"])
        self.add("a.service", ConsistsOf=["b.service"])
        self.add("b.service", ConsistsOf=["a.service"])
        self.begin()
        self.there_and_back("base", "with it a.service, b.service")
        disabled = [call for call in self.machine.calls() if call.startswith("DisableUnitFiles")]
        self.assertEqual(disabled, ["DisableUnitFiles base.service a.service b.service"])

    def test_transient_dependant(self):
        self.add("a.service", RequiredBy=["run-1.service"])
        self.add("run-1.service", Transient=True, UnitFileState="transient", Links=[])
        self.refuse("a", "run-1.service is transient")

    def test_what_somebody_started_again(self):
        """Of the members of a service: status tells which, and only an apply of that service stops it."""
        self.add("a.service", Links=[f"{WANTS}/a.service", f"{WANTS}/also.service"])
        self.add("also.service")
        self.add("b.service")
        self.begin()
        self.tune("apply", services="a")
        self.set_states(also_service="active")
        self.assertIn("also.service: disabled, active", self.tune("status", status=1))
        self.assertIn("+ a.service", self.tune("plan", services="a b"))
        self.tune("apply", services="a b")
        self.assert_down(["also.service", "b.service"])
        self.tune("rollback")
        self.assert_as_before()

    def test_enabled_by_another_link(self):
        self.apply_and_enable_elsewhere()
        self.assertIn("a.service: enabled, inactive", self.tune("status", status=1))


harness.main()
