"""Two cameras in single planes (YUYV, NV12) and four viewers on the board"""

from lab import check_streams


def run(lab):
    # NTSC, because vivid's webcam gives no more than 25 frames a second of this size.
    first, second = lab.vivid(input_types="2,2", num_inputs="1,1")
    for node in first, second:
        lab.board.must(f"v4l2-ctl -d /dev/{node} -s ntsc")
    with lab.serve(
        "--camera", f"cam0=v4l2:/dev/{first},format=yuyv",
        "--camera", f"cam1=v4l2:/dev/{second},format=nv12",
    ) as server:  # fmt: skip
        check_streams(lab, server, ["YUYV", "NV12"], 25)
