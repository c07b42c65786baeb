#!/usr/bin/python3
"""Stands in for systemd on a private bus: units from a file, their links in a folder.

usage: systemd_mock.py SCENARIO

SCENARIO is a JSON file:

    {"units": {ID: PROPERTIES}, "manager": PROPERTIES, "root": FOLDER, "log": FILE, "keep": FILE,
     "jobs": {ID: RESULT}, "returns": {ID: SECONDS}, "end_at": METHOD, "deny": METHOD, "kill_at": [N, WHEN]}

Of a unit's properties "Links" are absolute paths; those that are there are what disabling removes. Masks go below
"root". The states of the units are kept in "keep", also for the next mock. A job ends with the RESULT given for its
unit instead of "done" ("never": it does not end). A unit in "returns" is up again so many seconds after it was
stopped. At the call "end_at" the mock ends, at "deny" it refuses. Of the calls that change something the N-th kills
the caller, WHEN is "before" or "after". Each call is a line of the log.
"""

import json
import os
import pathlib
import signal
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.systemd1"
ROOT = "/org/freedesktop/systemd1"
MANAGER = f"{NAME}.Manager"
ADMIN = pathlib.Path("/etc/systemd/system")
LISTS = ("Names", "TriggeredBy", "RequiredBy", "RequisiteOf", "BoundBy", "WantedBy", "UpheldBy", "After",
         "ConsistsOf", "PropagatesStopTo", "Triggers")
USUAL = {"LoadState": "loaded", "ActiveState": "inactive", "UnitFileState": "", "FragmentPath": "",
         "CanStop": True, "Transient": False}


class NoSuchUnit(dbus.DBusException):
    _dbus_error_name = f"{NAME}.NoSuchUnit"


class AccessDenied(dbus.DBusException):
    _dbus_error_name = "org.freedesktop.DBus.Error.AccessDenied"


def to_variant(key, value):
    if key in LISTS:
        return dbus.Array(value, signature="s")
    if "Timestamp" in key:
        return dbus.UInt64(value)
    return value


class Mock(dbus.service.FallbackObject):
    SUPPORTS_MULTIPLE_OBJECT_PATHS = True

    def __init__(self, bus, scenario, loop):
        super().__init__(bus, ROOT)
        self.bus = bus
        self.scenario = scenario
        self.loop = loop
        self.units = {}
        self.jobs = 0
        self.changes = 0
        for identity, properties in scenario.get("units", {}).items():
            self.units[identity] = {"Id": identity, "Names": [identity], **USUAL, **properties}
            self.units[identity]["file"] = self.units[identity]["UnitFileState"]
            self.units[identity]["wanted"] = self.units[identity].get("WantedBy", [])
        for unit in list(self.units.values()):
            for name in unit.get("TriggeredBy", []):
                triggers = self.find(name).setdefault("Triggers", [])
                triggers += [unit["Id"]] if unit["Id"] not in triggers else []
        self.keep = pathlib.Path(scenario["keep"]) if "keep" in scenario else None
        if self.keep and self.keep.exists():
            for identity, state in json.loads(self.keep.read_text()).items():
                self.find(identity)["ActiveState"] = state
        if not scenario.get("stale"):
            self.reload()
        self.write_states()

    def write_states(self):
        if self.keep:
            # The mock may be killed at any time, too.
            text = json.dumps({name: unit["ActiveState"] for name, unit in self.units.items()})
            new = self.keep.with_suffix(".new")
            new.write_text(text)
            new.replace(self.keep)

    def enter(self, method, *arguments):
        with open(self.scenario["log"], "a", encoding="utf-8") as log:
            log.write(" ".join([method, *arguments]) + "\n")
        if self.scenario.get("end_at") == method:
            os._exit(0)
        if self.scenario.get("deny") == method:
            raise AccessDenied("interactive authentication required")

    def change(self, sender, method, *arguments):
        """As enter(), for what changes something."""
        self.enter(method, *arguments)
        self.changes += 1
        number, when = self.scenario.get("kill_at", [0, ""])
        if number == self.changes:
            daemon = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
            victim = int(self.bus.call_blocking(*daemon, "GetConnectionUnixProcessID", "s", (sender,)))
            if when == "before":
                os.kill(victim, signal.SIGKILL)
                raise AccessDenied("nobody asks any more")
            GLib.idle_add(lambda: os.kill(victim, signal.SIGKILL))

    def find(self, name):
        for unit in self.units.values():
            if name in unit["Names"]:
                return unit
        self.units[name] = {"Id": name, "Names": [name], **USUAL, "LoadState": "not-found", "file": ""}
        return self.units[name]

    def path_of(self, unit):
        return f"{ROOT}/unit/_{list(self.units).index(unit['Id'])}"

    def unit_at(self, path):
        try:
            return list(self.units.values())[int(path.rsplit("_", 1)[1])]
        except (ValueError, IndexError):
            raise NoSuchUnit(f"no unit at {path}") from None

    def links_of(self, unit):
        return [link for link in unit.get("Links", []) if os.path.islink(link)]

    def mask_of(self, unit):
        return ADMIN / unit["Id"]

    def reload(self):
        """The states that follow from the links."""
        for unit in self.units.values():
            mask = self.mask_of(unit)
            if mask.is_symlink() and os.readlink(mask) == "/dev/null":
                unit.update(LoadState="masked", UnitFileState="masked")
            elif unit["LoadState"] == "masked" and unit["file"] != "masked":
                unit.update(LoadState="loaded", UnitFileState=unit["file"])
            if unit["UnitFileState"] in ("enabled", "disabled"):
                unit["UnitFileState"] = "enabled" if self.links_of(unit) else "disabled"
            unit["WantedBy"] = [name for name in unit.get("wanted", []) if self.is_wanted(unit, name)]

    def is_wanted(self, unit, name):
        """By a link that is there, or by another unit's file."""
        links = [link for link in unit.get("Links", []) if f"/{name}.wants/{unit['Id']}" in link]
        return not links or any(os.path.islink(link) for link in links)

    # Properties

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}",
                         path_keyword="path")
    def GetAll(self, interface, path):
        if interface == MANAGER:
            properties = self.scenario.get("manager", {})
        else:
            properties = self.unit_at(path)
        return {key: to_variant(key, value) for key, value in properties.items() if key[0].isupper() and
                key != "Links"}

    # The manager

    @dbus.service.method(MANAGER, in_signature="", out_signature="a(ssssssouso)")
    def ListUnits(self):
        self.enter("ListUnits")
        return self.describe(self.units.values())

    def describe(self, units):
        return [(unit["Id"], "", unit["LoadState"], unit["ActiveState"], "", "", dbus.ObjectPath(self.path_of(unit)),
                 dbus.UInt32(0), "", dbus.ObjectPath("/")) for unit in units]

    @dbus.service.method(MANAGER, in_signature="as", out_signature="a(ssssssouso)")
    def ListUnitsByNames(self, names):
        self.enter("ListUnitsByNames")
        return self.describe(self.find(name) for name in names)

    @dbus.service.method(MANAGER, in_signature="s", out_signature="o")
    def LoadUnit(self, name):
        self.enter("LoadUnit", name)
        return dbus.ObjectPath(self.path_of(self.find(name)))

    @dbus.service.method(MANAGER, in_signature="sb", out_signature="as")
    def GetUnitFileLinks(self, name, is_runtime):
        return dbus.Array([] if is_runtime else self.links_of(self.find(name)), signature="s")

    @dbus.service.method(MANAGER, in_signature="asb", out_signature="a(sss)", sender_keyword="sender")
    def DisableUnitFiles(self, names, is_runtime, sender):
        changes = []
        if not is_runtime:
            self.change(sender, "DisableUnitFiles", *names)
            self.enable_late(names)
            for link in (link for name in names for link in self.links_of(self.find(name))):
                os.unlink(link)
                changes.append(("unlink", link, ""))
                if not os.listdir(os.path.dirname(link)):
                    os.rmdir(os.path.dirname(link))
        return dbus.Array(changes, signature="(sss)")

    def enable_late(self, names):
        """Somebody else enables a unit right before it is disabled."""
        for name, link in self.scenario.get("late", {}).items():
            if name in names:
                os.makedirs(os.path.dirname(link))
                os.symlink(self.find(name)["FragmentPath"], link)
                self.find(name)["Links"].append(link)

    @dbus.service.method(MANAGER, in_signature="asbb", out_signature="a(sss)", sender_keyword="sender")
    def MaskUnitFiles(self, names, is_runtime, is_forced, sender):
        self.change(sender, "MaskUnitFiles", *names)
        for name in names:
            mask = self.mask_of(self.find(name))
            mask.parent.mkdir(parents=True, exist_ok=True)
            if not mask.is_symlink():
                mask.symlink_to("/dev/null")
        return dbus.Array([], signature="(sss)")

    @dbus.service.method(MANAGER, in_signature="asb", out_signature="a(sss)", sender_keyword="sender")
    def UnmaskUnitFiles(self, names, is_runtime, sender):
        self.change(sender, "UnmaskUnitFiles", *names)
        for name in names:
            mask = self.mask_of(self.find(name))
            if mask.is_symlink() and os.readlink(mask) == "/dev/null":
                mask.unlink()
        return dbus.Array([], signature="(sss)")

    @dbus.service.method(MANAGER, in_signature="", out_signature="", sender_keyword="sender")
    def Reload(self, sender):
        self.change(sender, "Reload")
        self.reload()

    @dbus.service.method(MANAGER, in_signature="", out_signature="")
    def Subscribe(self):
        self.enter("Subscribe")

    @dbus.service.method(MANAGER, in_signature="ss", out_signature="o", sender_keyword="sender")
    def StopUnit(self, name, mode, sender):
        self.change(sender, "StopUnit", name)
        return self.run_job(name, "inactive")

    @dbus.service.method(MANAGER, in_signature="ss", out_signature="o", sender_keyword="sender")
    def StartUnit(self, name, mode, sender):
        self.change(sender, "StartUnit", name)
        unit = self.find(name)
        is_in_the_way = any(self.find(other)["ActiveState"] == "active" for other in unit.get("Triggers", []))
        return self.run_job(name, "active", "failed" if is_in_the_way else "done")

    @dbus.service.signal(MANAGER, signature="uoss")
    def JobRemoved(self, number, job, unit, result):
        pass

    def run_job(self, name, state, usual="done"):
        unit = self.find(name)
        self.jobs += 1
        job = dbus.ObjectPath(f"{ROOT}/job/{self.jobs}")
        result = self.scenario.get("jobs", {}).get(unit["Id"], usual)
        if result != "never":
            GLib.timeout_add(10, self.end_job, self.jobs, job, unit, state, result)
        return job

    def end_job(self, number, job, unit, state, result):
        if result == "done":
            self.set_state(unit, state)
        self.JobRemoved(dbus.UInt32(number), job, unit["Id"], result)
        return False

    def set_state(self, unit, state):
        seconds = self.scenario.get("returns", {}).get(unit["Id"])
        if seconds and state == "inactive" and unit["ActiveState"] == "active":
            GLib.timeout_add(int(seconds * 1000), self.set_state, unit, "active")
        unit["ActiveState"] = state
        if state == "inactive":
            for name in (name for key in ("RequiredBy", "ConsistsOf", "PropagatesStopTo") for name in unit.get(key, [])):
                if self.find(name)["ActiveState"] != state:
                    self.set_state(self.find(name), state)
        if state == "active" and unit["Id"] in self.scenario.get("dies", []):
            GLib.timeout_add(20, self.set_state, unit, "failed")
        self.write_states()
        return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        scenario = json.load(file)
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
    loop = GLib.MainLoop()
    mock = Mock(bus, scenario, loop)
    name = dbus.service.BusName(NAME, bus)
    print("ready", flush=True)
    loop.run()
    del name, mock


main()
