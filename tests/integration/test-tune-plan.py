"""What twinlens tune says before it is let loose on a machine. Nothing is changed, and anybody may ask."""

import configparser
import json
import os
import pathlib
import tempfile
import unittest

import harness
from harness import run_twinlens
from isolation import isolate

PROFILES = pathlib.Path(os.environ["SOURCE"]) / "data/profiles"
# The values of the guide.
SETTINGS = {"vm.swappiness": "60", "vm.dirty_ratio": "15", "vm.dirty_background_ratio": "5",
            "vm.overcommit_memory": "1"}
SERVICES = ["bluetooth.service", "cups.service", "avahi-daemon.service", "ModemManager.service"]
DONE, FAILED, USAGE, LACKING = range(4)


class Words(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        isolate(cls.addClassCleanup)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name) / "state"

    def tune(self, verb, *arguments, allowed=(DONE,)):
        # A bus that nobody is at: what this machine has of services does not matter.
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.state}/bus"}
        result = run_twinlens("tune", verb, "--state", str(self.state), *arguments, env=environment)
        self.assertIn(result.returncode, allowed, result.stdout + result.stderr)
        self.assertFalse(self.state.exists(), "it made the folder of the journal")
        return result

    def plan(self, *arguments):
        """kind -> object -> change"""
        plan = json.loads(self.tune("plan", "--json", *arguments, allowed=(DONE, LACKING)).stdout)
        kinds = {}
        for change in plan["changes"]:
            kinds.setdefault(change["kind"], {})[change["object"]] = change
        return plan, kinds

    def test_one_setting(self):
        profile = self.state.parent / "one.conf"
        profile.write_text("[sysctl]\nvm.swappiness = 60\n")
        _, kinds = self.plan("--profile", str(profile))
        self.assertEqual([change["wanted"] for change in kinds["file"].values()], ["1 setting"])

    def test_the_guide_is_the_default_with_exactly_its_values(self):
        plan, kinds = self.plan()
        self.assertEqual(plan["profile"], "guide")
        self.assertEqual({key: change["wanted"] for key, change in kinds["sysctl"].items()}, SETTINGS)
        self.assertEqual(list(kinds["service"]), SERVICES)
        self.assertEqual({change["wanted"] for change in kinds["service"].values()}, {"disabled, stopped"})
        self.assertRegex(kinds["zram"]["swap"]["wanted"], r"^1 GiB( \S+)? prio 10$")
        self.assertEqual(kinds["cache"]["page cache"]["wanted"], "dropped once")
        for change in plan["changes"]:
            self.assertIn(change["state"], ("open", "lacking", "in_place"))
            self.assertEqual(bool(change["lacks"]), change["state"] == "lacking", change)
            self.assertTrue(change["why"] or change["kind"] == "boot", change)

    def test_services_that_are_named(self):
        _, kinds = self.plan("--service", "NetworkManager", "--service", "slow.service")
        self.assertEqual(list(kinds["service"]), [*SERVICES, "NetworkManager.service", "slow.service"])

    def test_one_line_for_each_value_that_the_evidence_contradicts(self):
        profile = configparser.ConfigParser(delimiters="=", comment_prefixes=";", inline_comment_prefixes=None)
        profile.optionxform = str
        profile.read(PROFILES / "guide.conf")
        evidence, source = profile["evidence"], profile["source"]
        self.assertGreater(len(evidence), 3)
        said = self.tune("plan", "--profile", "guide", allowed=(DONE, LACKING)).stdout.splitlines()
        for subject, text in evidence.items():
            self.assertEqual(said.count(f"  {subject}: {text} [{source[subject]}]"), 1, subject)
        plan, _ = self.plan("--profile", "guide")
        self.assertEqual({line["subject"]: (line["evidence"], line["source"]) for line in plan["evidence"]},
                         {subject: (text, source[subject]) for subject, text in evidence.items()})
        self.assertNotIn("evidence", self.tune("plan", "--profile", "zram", allowed=(DONE, LACKING)).stdout)

    def test_no_bus(self):
        """All that depends on it is told in one line, and nothing is made."""
        result = self.tune("apply", "--profile", "guide", allowed=(LACKING,))
        self.assertEqual(result.stderr.count("the system bus does not answer"), 1, result.stderr)
        self.assertEqual(result.stdout, "")

    def test_nothing_is_applied(self):
        self.assertIn("nothing is applied", self.tune("status", allowed=(FAILED,)).stderr)
        for verb in ("rollback", "boot"):
            self.assertIn("nothing is applied", self.tune(verb).stdout)
            self.assertEqual(json.loads(self.tune(verb, "--json").stdout)["steps"], [])

    def test_usage(self):
        for arguments in (("plan", "--profile", "none"), ("status", "--profile", "guide"), ("plan", "--partial"),
                          ("nonsense",), ("apply", "rollback"), ("plan", "--nonsense"), ("plan", "--service", "a/b")):
            self.assertNotEqual(self.tune(*arguments, allowed=(USAGE,)).stderr, "")


harness.main()
