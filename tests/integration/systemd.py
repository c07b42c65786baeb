"""A private system bus, with or without a systemd on it that does as it is told."""

import importlib.util
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import die_with_parent, run_twinlens
from isolation import isolate, mount_empty

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "fixtures/systemd"
PYTHON = "/usr/bin/python3"
UNITS = pathlib.Path("/etc/systemd/system")
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


def what_is_missing():
    """What this machine lacks for these tests; None when it has all."""
    if not shutil.which("dbus-daemon"):
        return "there is no dbus-daemon"
    for module in ("dbus", "gi"):
        if importlib.util.find_spec(module) is None:
            return f"there is no Python module {module}"
    return None


needs_bus = unittest.skipIf(what_is_missing(), what_is_missing())


class Bus:
    """A dbus-daemon of its own. `folder` is for the test's files, too."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="twinlens-bus-"))
        self.socket = self.folder / "socket"
        self.address = f"unix:path={self.socket}"
        config = self.folder / "bus.conf"
        config.write_text(CONFIG.format(path=self.socket))
        self.daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
        )
        self.daemon.stdout.readline()
        self.mock = None

    def run(self, *arguments, **kwargs):
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.address, **kwargs.pop("env", {})}
        return run_twinlens(*arguments, env=environment, **kwargs)

    def start_systemd(self, **scenario):
        self.stop_systemd()
        scenario = {"log": str(self.folder / "log"), **scenario}
        file = self.folder / "scenario.json"
        file.write_text(json.dumps(scenario))
        self.mock = subprocess.Popen(
            [PYTHON, HERE / "systemd_mock.py", file], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address}, preexec_fn=die_with_parent,
        )
        if self.mock.stdout.readline() != b"ready\n":
            raise AssertionError("the mock of systemd did not start")

    def calls(self):
        """Those that changed something, and LoadUnit is none of them."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if not line.startswith(("LoadUnit", "ListUnits", "Subscribe", "fsync"))]

    def freeze(self):
        self.mock.send_signal(signal.SIGSTOP)

    def stop_systemd(self):
        if self.mock:
            self.mock.kill()
            self.mock.wait(5)
            self.mock.stdout.close()
            self.mock = None

    def close(self):
        self.stop_systemd()
        self.daemon.kill()
        self.daemon.wait(5)
        self.daemon.stdout.close()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def clear(folder):
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def make_link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        path.symlink_to(target)


class Services(Bus):
    """A systemd with the captured units of a board; their links are real ones, in a folder that nobody else sees."""

    def __init__(self, more=None):
        super().__init__()
        self.units = json.loads((FIXTURES / "units.json").read_text())
        self.units.update(more or {})
        self.profile = self.folder / "services.conf"
        self.state = self.folder / "state"
        assert os.path.ismount(UNITS), "the machine's own units"
        clear(UNITS)
        for unit in self.units.values():
            for link in unit.setdefault("Links", []):
                make_link(pathlib.Path(link), f"/lib/systemd/system/{os.path.basename(link)}")

    def start(self, **scenario):
        """Units are up and enabled as the last one left them."""
        self.start_systemd(**{"units": self.units, "keep": str(self.folder / "states"), **scenario})

    def links(self):
        """Every link and folder, with its target or its mode."""
        return {
            str(path.relative_to(UNITS)): os.readlink(path) if path.is_symlink() else oct(path.stat().st_mode)
            for path in sorted(UNITS.glob("**/*"))
        }

    def states(self):
        return json.loads((self.folder / "states").read_text())

    def tune(self, verb, *arguments, services="cups", **kwargs):
        self.profile.write_text(f"[profile]\ndescription = services\n[services]\ndisable = {services}\n")
        profile = ["--profile", str(self.profile)] if verb in ("plan", "apply") else []
        return self.run("tune", verb, *profile, "--state", str(self.state), *arguments, **kwargs)


@needs_bus
@unittest.skipIf(os.geteuid() != 0, "only root may change services")
class ServicesCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not isolate(cls.addClassCleanup):
            raise unittest.SkipTest("this machine does not let root have a mount namespace")
        mount_empty(UNITS)

    def setUp(self):
        self.machine = Services()
        self.addCleanup(self.machine.close)
        self.machine.start()
        self.before = (self.figures(), self.machine.states())

    def figures(self):
        return "\n".join(f"{path} {target}" for path, target in self.machine.links().items())

    def tune(self, verb, *arguments, status=0, **kwargs):
        result = self.machine.tune(verb, *arguments, seconds=30, **kwargs)
        self.assertEqual(result.returncode, status, f"{verb}: {result.stdout}{result.stderr}")
        return result.stdout + result.stderr

    def assert_down(self, units):
        states = self.machine.states()
        self.assertEqual({unit: states[unit] for unit in units}, {unit: "inactive" for unit in units})

    def assert_as_before(self):
        self.assertEqual(self.figures(), self.before[0])
        after = self.machine.states()
        self.assertEqual({unit: after[unit] for unit in self.before[1]}, self.before[1])


def captured_boot():
    """The start-up of a board: the properties of its manager, and its units by name."""
    captured = json.loads((FIXTURES / "boot.json").read_text())
    return captured["manager"], {unit["Id"]: unit for unit in captured["units"]}
