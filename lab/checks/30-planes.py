"""Two multiplanar cameras (NV12, NV16) and four viewers on the board"""

from lab import check_streams


def run(lab):
    first, second = lab.vivid(input_types="2,2", multiplanar="2,2")
    for node in first, second:
        lab.board.must(f"v4l2-ctl -d /dev/{node} -s ntsc")
    with lab.serve(
        "--camera", f"cam0=v4l2:/dev/{first},format=nv12",
        "--camera", f"cam1=v4l2:/dev/{second},format=nv16",
    ) as server:  # fmt: skip
        check_streams(lab, server, ["NV12", "NV16"], 25)
