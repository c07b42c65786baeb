"""The server is told to end"""

SECONDS_LIMIT = 1.5  # 1 s is what a machine of its own gets


def run(lab):
    first, second = lab.vivid()
    with lab.serve(
        "--camera", f"cam0=v4l2:/dev/{first}", "--camera", f"cam1=v4l2:/dev/{second}"
    ) as server, lab.watch() as viewer:
        both = all(viewer.wait_frames(camera, 5, 20) for camera in (0, 1))
        lab.require("frames of both cameras", both)
        load = lab.board.load()
        seconds, status = server.terminate()
        others = lab.board.load().others_since(load)
        lab.judge("SIGTERM ends it in time", seconds <= SECONDS_LIMIT, f"{seconds:.2f} s", others)
        lab.check("exit status 0", status == 0, str(status))
        viewer.wait_end(5)
        lab.check("the viewer is closed with 1001", viewer.close_code == 1001, str(viewer.close_code))
        for node in first, second:
            lab.check_streams_elsewhere(node)
