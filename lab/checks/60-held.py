"""A device that another program holds"""

import time


def run(lab):
    first, second = lab.vivid()
    holder = lab.board.start(f"v4l2-ctl -d /dev/{first} --stream-mmap --stream-count=100000", 120)
    try:
        with lab.serve(
            "--camera", f"cam0=v4l2:/dev/{first}", "--camera", f"cam1=v4l2:/dev/{second}"
        ) as server, lab.watch() as viewer:
            came = viewer.wait_frames(1, 10, 20)
            lab.check("the other camera streams", came, f"{len(viewer.of(1))} frames")
            camera = server.wait_state(0, "error lost", 10)
            lab.require("the held one is in an error state", camera is not None, server.camera(0)["state"])
            text = str(camera["error"])
            lab.check("   which says who holds it", "v4l2-ctl" in text, text)
            lab.board.must("pkill -x v4l2-ctl")
            came = viewer.wait_frames(0, 10, 15, time.monotonic())
            lab.check("released, it streams by itself", came, server.camera(0)["state"])
    finally:
        lab.board.run("pkill -x v4l2-ctl")
        holder.result()
