"""What the root tests share: the state of the machine, and `twinlens tune` with a journal of its own."""

import contextlib
import mmap
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BUILD, TWINLENS, child_environment

VM = pathlib.Path("/proc/sys/vm")
ZRAM_CONTROL = pathlib.Path("/sys/class/zram-control")
SYSCTL_FILE = pathlib.Path("/etc/sysctl.d/99-twinlens.conf")
# Written only, or changed by being read.
NOT_SETTINGS = {"compact_memory", "drop_caches", "stat_refresh"}
MADV_PAGEOUT = 21
FILL = 48 << 20
FOLDERS = ("/etc/sysctl.d", "/etc/systemd/system")
# The lock of the whole machine, and the note of what is applied. It is shared with everybody: what the tests change
# is the machine's, too.
RUN = pathlib.Path("/run/twinlens-tune")
APPLIED = RUN / "applied"

PROFILE = """
[zram]
size = 64M
algorithm = lz4
fallback = lzo-rle zstd
priority = 10
zswap = off
[sysctl]
vm.swappiness = 91
vm.dirty_ratio = 15
vm.dirty_background_ratio = 4
"""


def skip_unless_possible():
    if os.geteuid() != 0:
        raise unittest.SkipTest("not root")
    if not ZRAM_CONTROL.exists():
        raise unittest.SkipTest("the kernel has no zram loaded")
    if SYSCTL_FILE.exists():
        raise unittest.SkipTest(f"{SYSCTL_FILE} is there: tune is in use on this machine")


def meminfo():
    """What /proc/meminfo counts in kB, in bytes."""
    lines = (line.split() for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) == 3}


def ram():
    """All that the kernel was given, in bytes; 0 for an ordinary user."""
    total = 0
    for line in pathlib.Path("/proc/iomem").read_text().splitlines():
        if line.endswith(" : System RAM") and not line.startswith(" "):
            first, last = (int(word, 16) for word in line.split()[0].split("-"))
            total += last - first + 1
    return total


def read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return None


def zram_numbers():
    return sorted(int(path.name[4:]) for path in pathlib.Path("/sys/block").glob("zram*"))


def swaps():
    """path -> (KiB, KiB in use, priority)"""
    found = {}
    for line in pathlib.Path("/proc/swaps").read_text().splitlines()[1:]:
        path, _, size, used, priority = line.split()
        found[path] = (int(size), int(used), int(priority))
    return found


def describe_file(path):
    status = path.lstat()
    content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
    times = None if path.is_dir() else status.st_mtime_ns
    return status.st_mode, status.st_uid, status.st_gid, times, content


def snapshot():
    """Everything that tune may change, as it is now."""
    state = {f"vm.{path.name}": read(path) for path in VM.iterdir() if path.name not in NOT_SETTINGS}
    state["zswap"] = read("/sys/module/zswap/parameters/enabled")
    for path, (size, _, priority) in swaps().items():
        state[f"swap {path}"] = size, priority
    for number in zram_numbers():
        block = pathlib.Path(f"/sys/block/zram{number}")
        state[f"zram{number}"] = tuple(read(block / name) for name in ("diskseq", "disksize", "comp_algorithm"))
    for path in pathlib.Path("/run").glob("twinlens-zram-*"):
        state[str(path)] = describe_file(path)
    for folder in FOLDERS:
        for path in sorted(pathlib.Path(folder).glob("**/*")):
            state[str(path)] = describe_file(path)
    return state


def difference(before, after):
    return {
        name: (before.get(name), after.get(name))
        for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    }


class Tune:
    """The program, with a profile and a journal of its own."""

    def __init__(self, folder, profile=PROFILE):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.profile = self.folder / "test.conf"
        self.profile.write_text(profile)

    def run(self, verb, *arguments, env=None, preload=True, prefix=(), program=TWINLENS, **kwargs):
        command = [*prefix, program, "tune", verb, "--state", str(self.state), *arguments]
        if verb in ("plan", "apply") and "--profile" not in arguments:
            command += ["--profile", str(self.profile)]
        environment = child_environment(env)
        if preload:
            environment.setdefault("LD_PRELOAD", str(BUILD / "kill-at.so"))
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=environment, **kwargs
        )

    def must(self, verb, *arguments, status=0, **kwargs):
        result = self.run(verb, *arguments, **kwargs)
        if result.returncode != status:
            raise AssertionError(
                f"tune {verb} ended with {result.returncode}, not {status}:\n{result.stdout}{result.stderr}"
            )
        return result

    def forget(self):
        shutil.rmtree(self.state, ignore_errors=True)


def repair(before):
    """By hand, whatever the program did not: a failed test leaves the machine as it was."""
    for number in set(zram_numbers()) - {int(name[4:]) for name in before if re.fullmatch(r"zram\d+", name)}:
        subprocess.run(["swapoff", f"/dev/zram{number}"], capture_output=True, timeout=60, check=False)
        with contextlib.suppress(OSError):
            pathlib.Path(f"/sys/block/zram{number}/reset").write_text("1")
        with contextlib.suppress(OSError):
            (ZRAM_CONTROL / "hot_remove").write_text(str(number))
    for name, (old, _) in difference(before, snapshot()).items():
        if name.startswith("vm.") and old not in (None, "0"):
            (VM / name[3:]).write_text(old)
    for name, (old, _) in difference(before, snapshot()).items():
        if name.startswith("vm.") and old is not None:
            with contextlib.suppress(OSError):
                (VM / name[3:]).write_text(old)
        elif old is None and name.startswith("/etc/sysctl.d/"):
            pathlib.Path(name).unlink(missing_ok=True)


def read_link(path):
    return os.readlink(path) if path.is_symlink() else None


def restore_run(was_there, applied):
    if not was_there:
        shutil.rmtree(RUN, ignore_errors=True)
    elif read_link(APPLIED) != applied:
        APPLIED.unlink(missing_ok=True)
        if applied:
            APPLIED.symlink_to(applied)


class MachineTest(unittest.TestCase):
    """The machine is as before after each test, or the test fails; it is put right in any case."""

    profile = PROFILE

    def setUp(self):
        skip_unless_possible()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(restore_run, RUN.exists(), read_link(APPLIED))
        self.before = snapshot()
        self.addCleanup(repair, self.before)
        self.tune = Tune(folder.name, self.profile)

    def check_restored(self, when=""):
        self.assertEqual(difference(self.before, snapshot()), {}, when)

    def own_device(self):
        new = set(swaps()) - {name[5:] for name in self.before if name.startswith("swap ")}
        self.assertEqual(len(new), 1, swaps())
        return new.pop()

    def fill_swap(self):
        """Swaps out that many bytes, each page with its offset in it."""
        memory = mmap.mmap(-1, FILL)
        self.addCleanup(memory.close)
        for offset in range(0, FILL, 4096):
            memory[offset:offset + 8] = offset.to_bytes(8, "little")
        memory.madvise(MADV_PAGEOUT)
        return memory
