"""Nobody watches: the devices are released"""

import time


def run(lab):
    first, second = lab.vivid()
    with lab.serve(
        "--camera", f"cam0=v4l2:/dev/{first}", "--camera", f"cam1=v4l2:/dev/{second}",
        "-o", "camera:cam0.idle_stop=2s", "-o", "camera:cam1.idle_stop=2s",
    ) as server:  # fmt: skip
        lab.check("no device is open before the first viewer", not server.open_devices())
        with lab.watch() as viewer:
            both = all(viewer.wait_frames(camera, 5, 20) for camera in (0, 1))
            lab.require("frames of both cameras", both)
            opened = server.open_devices()
            lab.check("both devices are open", len(opened) == 2, " ".join(opened))
        left = time.monotonic()
        idle = all(server.wait_state(camera, "idle", 10) for camera in (0, 1))
        lab.check("idle after 2 s", idle, f"{time.monotonic() - left:.1f} s")
        opened = server.open_devices()
        lab.check("no device is open", not opened, " ".join(opened))
        lab.check_streams_elsewhere(first)
        started = time.monotonic()
        with lab.watch() as viewer:
            came = all(viewer.wait_frames(camera, 1, 20) for camera in (0, 1))
            lab.check("the next viewer gets frames", came, f"after {time.monotonic() - started:.1f} s")
