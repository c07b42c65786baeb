#!/usr/bin/env python3
"""What the server takes: two cameras passed through, four viewers, and what each further one adds."""

import unittest

import harness
from harness import Server, figure
from viewers import Crowd

PSS_MAX = 3.5e6
PRIVATE_MAX = 1.5e6
PER_VIEWER_MAX = 8192
FURTHER = 150
SMALL = ("cam0=synthetic,format=mjpeg,size=64x48,fps=10", "cam1=synthetic,format=mjpeg,size=64x48,fps=10")
PASSED = ("cam0=synthetic,format=mjpeg", "cam1=synthetic,format=mjpeg")


class Memory(unittest.TestCase):
    def test_four_viewers(self):
        with Server(cameras=PASSED) as server, Crowd() as crowd:
            for _ in range(4):
                crowd.add(server)
            crowd.run(3)
            pss, private = server.memory()
            figure(f"two cameras passed through, 4 viewers: PSS {pss / 1e6:.2f} MB, private {private / 1e6:.2f} MB")
            self.assertLessEqual(pss, PSS_MAX)
            self.assertLessEqual(private, PRIVATE_MAX)
            # It is the same a while later.
            crowd.run(5)
            growth = server.memory()[1] - private
            figure(f"after 5 s more: private {growth / 1024:+.0f} KiB")
            self.assertLessEqual(growth, 8192)

    def test_further_viewers(self):
        # Many, as the first ones find free heap that is resident already; of small pictures, to be quick.
        options = ("--max-viewers", str(4 + FURTHER), "-o", "server.send_buffer=64K")
        with Server(*options, cameras=SMALL) as server, Crowd() as crowd:
            for _ in range(4):
                crowd.add(server)
            crowd.run(1.5)
            _, before = server.memory()
            for _ in range(FURTHER):
                crowd.add(server)
            crowd.run(2)
            _, after = server.memory()
            per_viewer = (after - before) / FURTHER
            figure(f"each of {FURTHER} further viewers: {per_viewer:.0f} bytes of private memory")
            self.assertLessEqual(per_viewer, PER_VIEWER_MAX)
            self.assertGreater(min(len(viewer.times[0]) for viewer in crowd.viewers[4:]), 10)

    def test_encoded(self):
        with Server(cameras=("cam0=synthetic", "cam1=synthetic")) as server, Crowd() as crowd:
            for _ in range(4):
                crowd.add(server)
            crowd.run(2)
            pss, private = server.memory()
            figure(f"two cameras encoded, 4 viewers: PSS {pss / 1e6:.2f} MB, private {private / 1e6:.2f} MB")
            self.assertLessEqual(pss, 200 << 20)


if __name__ == "__main__":
    harness.main()
