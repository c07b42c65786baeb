"""twinlens soak against servers that lose something for good, 100 KiB an hour of it, each of another kind: what leaks is
named. And against servers whose memory grows without a leak. All at the same time, and an hour of theirs is a minute."""

import json
import pathlib
import tempfile
import threading
import time
import unittest

from harness import BUILD, IS_SANITIZED, Server, figure, main
from measure import Load, judged
from soaking import Group, Soak, copy_meminfo
from v4l2 import SHIM, Cameras
from websocket import WebSocket

LEAKY = BUILD.parent / "leaky" / "twinlens-serve-leaky"
ACCELERATE = 60
FPS = 25
HOUR = 3600 // ACCELERATE * FPS  # pictures
KIB = 1024
CAMERA = (f"cam0=synthetic,size=160x120,fps={FPS},format=mjpeg",)
HEAP, ANONYMOUS, CMA = "server.heap_bytes", "process.serve.anonymous_bytes", "memory.cma_used_bytes"
SOCKET, KERNEL = "service.serve.socket_bytes", "service.serve.kernel_bytes"
DESCRIPTORS, THREADS = "process.serve.descriptors", "process.serve.threads"
VISITS = 10  # a second

# What is set in the environment of tests/leaky.
KINDS = {
    "nothing": {},
    "frame": {},  # 64 bytes each
    "viewer": {"LEAK_BYTES": 100 * KIB * ACCELERATE // 3600 // VISITS},
    "socket": {"LEAK_EVERY": HOUR // 100},
    "descriptor": {"LEAK_EVERY": HOUR // 30},
    "thread": {"LEAK_EVERY": HOUR // 10},
    "device": {"LEAK_EVERY": HOUR // 25, "LEAK_DEVICE": "/dev/video91"},
    "fragments": {"LEAK_EVERY": HOUR // 25},
    "step": {"LEAK": "frame", "LEAK_FROM": HOUR // 2, "LEAK_TIMES": 1, "LEAK_BYTES": 200 * KIB},
    "plateau": {"LEAK": "frame", "LEAK_TIMES": HOUR // 2, "LEAK_BYTES": 300 * KIB // (HOUR // 2)},
}


class Case:
    """A server of one kind, and the soak of it."""

    def __init__(self, top, kind, settings):
        self.leak_bytes = settings.get("LEAK_BYTES")
        self.folder = top / kind
        self.folder.mkdir()
        program = self.folder / "twinlens-serve"  # the name that a server goes by
        program.symlink_to(LEAKY)
        copy_meminfo(self.folder / "meminfo")
        self.group = Group(kind)
        env = {"MEMINFO": str(self.folder / "meminfo")}
        self.cameras = Cameras({"/dev/video91": "yuyv,size=16x16"})
        leak = {"LEAK": kind, **{name: str(value) for name, value in settings.items()}}
        self.server = Server(
            cameras=CAMERA, preload=[SHIM],
            env={**self.cameras.env, "V4L2_SHIM_MEMINFO": env["MEMINFO"], **leak},
            prefix=(*self.group.prefix(), "sh", "-c", 'shift 2; exec "$0" "$@"', str(program)))
        self.soak = Soak(self.folder / "state", self.server.port, duration="61m", interval="200ms", viewers=1,
                         accelerate=ACCELERATE, env=env)

    def visit(self, ended):
        begun = time.monotonic()
        visits = 0
        while not ended.wait(1 / VISITS):
            with WebSocket(self.server) as viewer:
                viewer.receive_frame()
            visits += 1
            self.visits_per_hour = visits / (time.monotonic() - begun) * 3600 / ACCELERATE

    def finish(self):
        self.status, output, errors = self.soak.wait(120)
        self.report = json.loads(output) if output else {"error": errors}
        self.series = self.report.get("series", {})
        self.leaks = {name for name, series in self.series.items() if series["verdict"] == "LEAK"}

    def end(self):
        self.soak.kill()
        self.server.kill()
        self.cameras.close()
        self.group.remove()


@unittest.skipIf(IS_SANITIZED, "sanitizers count no heap")
class Leaks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        group = Group("try")
        if not group.path:
            raise unittest.SkipTest(group.why)
        group.remove()
        folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        cls.addClassCleanup(folder.cleanup)
        cls.cases, ended, load = {}, threading.Event(), Load()
        for kind, settings in KINDS.items():
            cls.cases[kind] = case = Case(pathlib.Path(folder.name), kind, settings)
            cls.addClassCleanup(case.end)
        visitor = threading.Thread(target=cls.cases["viewer"].visit, args=(ended,))
        visitor.start()
        for case in cls.cases.values():
            case.finish()
        ended.set()
        visitor.join()
        cls.others = Load().others_since(load)

    def check(self, kind, leaks, also=(), rate=100 * KIB):
        """These leak, and no others but perhaps those that go with them; the first by so much an hour."""
        case = self.cases[kind]
        told = json.dumps(case.report)
        with judged(self, self.others):
            self.assertEqual((case.report.get("verdict"), case.status), ("LEAK", 1), told)
            self.assertLessEqual(set(leaks), case.leaks, told)
            self.assertLessEqual(case.leaks, {*leaks, *also}, told)
            series = case.series[leaks[0]]
            per_hour = series.get("slope_bytes_per_day", series.get("slope_per_day")) / 24
            figure(f"{kind}: {', '.join(sorted(case.leaks))}; {per_hour / rate:.2f} of what it loses")
            self.assertAlmostEqual(per_hour / rate, 1, delta=0.35)

    def check_level(self, kind, *verdicts):
        case = self.cases[kind]
        figure(f"{kind}: {case.report.get('verdict')}")
        with judged(self, self.others):
            self.assertIn(case.report.get("verdict"), verdicts, json.dumps(case.report))
            self.assertEqual((case.leaks, case.report["end"]), (set(), "done"))
        return case

    def test_nothing(self):
        case = self.check_level("nothing", "NO LEAK")
        self.assertEqual({series["verdict"] for series in case.series.values()}, {"NO LEAK"})
        self.assertNotIn(True, [series["fragmented"] for series in case.series.values()])

    def test_heap_per_picture(self):
        self.check("frame", (HEAP, ANONYMOUS), rate=HOUR * 64)

    def test_heap_per_viewer(self):
        case = self.cases["viewer"]
        # What malloc(3) adds is a part of it.
        self.check("viewer", (HEAP, ANONYMOUS), rate=case.visits_per_hour * (case.leak_bytes + 16))

    def test_socket_buffers(self):
        self.check("socket", (SOCKET,))

    def test_descriptors(self):
        self.check("descriptor", (DESCRIPTORS,), also=(KERNEL,), rate=30)

    def test_threads(self):
        """Each has a stack, and the kernel's side of it."""
        self.check("thread", (THREADS, ANONYMOUS), also=(KERNEL,), rate=10)

    def test_device_memory(self):
        """It stays mapped while the device is closed, as after an end of streaming without munmap."""
        self.check("device", (CMA,), also=(KERNEL,))

    def test_step(self):
        self.check_level("step", "STEPPED")

    def test_plateau(self):
        self.check_level("plateau", "STEPPED", "UNDECIDED")

    def test_fragments(self):
        """The process grows all the time, but only by holes in its heap."""
        case = self.check_level("fragments", "STEPPED")
        memory = case.series[ANONYMOUS]
        self.assertEqual((memory["verdict"], memory["fragmented"]), ("STEPPED", True))
        self.assertGreater(memory["low"] / 24, 30 * KIB)

    def test_evidence(self):
        """A leak ends the run, and what tells more about it is saved."""
        case = self.cases["frame"]
        self.assertEqual(case.report["end"], "leak")
        self.assertRegex(case.soak.log(), r"verdict: LEAK, (server\.heap|process\.serve\.anonymous)_bytes")
        self.assertRegex(case.soak.log(), r"ended early: leak after 36\d\d s")
        self.assertNotIn("evidence:", case.soak.log())
        folder = case.soak.folder
        self.assertIn("[heap]", (folder / "smaps").read_text())
        status = json.loads((folder / "status.json").read_text())
        self.assertEqual(status["pid"], case.server.pid)
        self.assertTrue(any(path.stat().st_size for path in (folder / "profile").iterdir()))
        for path in ("smaps", "status.json", "profile"):
            self.assertFalse((self.cases["nothing"].soak.folder / path).exists())


main()
