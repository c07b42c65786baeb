"""A camera that sends JPEG itself, whole pictures and broken ones"""

import time
from collections import Counter
from contextlib import contextmanager

from lab import check_memory, check_rate, describe_drops
from picture import decode

NODE = "/dev/video40"

# What the feeder sends, by the grey that it gives to that kind of picture. Never many bad ones in a
# row: they would bring the driver round to the picture that the server still shows.
GREYS = {
    8: "zeros", 30: "good", 55: "tail", 180: "half", 80: "garbage", 105: "prefix", 205: "header",
    130: "noeoi", 230: "empty", 155: "nodht",
}  # fmt: skip
REPAIRED = {
    "tail": "bytes behind the picture",
    "garbage": "bytes before the picture",
    "prefix": "an empty picture before the picture",
    "noeoi": "no end marker",
    "nodht": "no Huffman tables",
}


@contextmanager
def feeder(lab, fps, *kinds):
    task = lab.board.start(f"/lab/lab-feeder {NODE} {fps} {' '.join(kinds)}", 120)
    try:
        yield
    finally:
        lab.board.run("pkill -x lab-feeder")
        task.result()


def run(lab):
    lab.board.must(
        "modprobe -r v4l2loopback; modprobe v4l2loopback video_nr=40 exclusive_caps=1"
        " max_buffers=8 card_label='JPEG camera' && udevadm settle"
    )
    with lab.serve(
        "--camera", f"cam0=v4l2:{NODE},format=mjpeg",
        "--camera", "cam1=synthetic,format=mjpeg",
    ) as server:  # fmt: skip
        with feeder(lab, 30, "good"):
            check_good(lab, server)
            check_late(lab, server)
        with lab.watch() as viewer:
            check_silence(lab, server, viewer)
    lab.board.run("modprobe -r v4l2loopback")


def check_good(lab, server):
    before = lab.board.load()
    task = server.start_viewers(4, 8)
    time.sleep(5)
    check_memory(lab, server.memory(), "both passed through, 4 viewers", 7, 1.5)
    viewers = server.viewers_result(task)
    others = lab.board.load().others_since(before)
    check_rate(lab, 28.5, [viewer["cameras"][0] for viewer in viewers], others)
    camera = server.camera(0)
    lab.check("the camera's format is MJPG", camera["format"] == "MJPG", camera["format"])
    encoded = server.metrics().get('twinlens_frames_encoded_total{camera="cam0"}', 0)
    lab.check("its pictures are passed through", encoded == 0, f"{encoded:.0f} encoded")


def check_late(lab, server):
    """v4l2loopback goes round its buffers, whoever still holds one, when the server comes late."""
    before = server.camera(0)["reconnects"]
    with lab.watch() as viewer:
        viewer.wait_frames(0, 5, 10)
        lab.board.must(
            f"for i in {{1..12}}; do kill -STOP {server.pid}; sleep 0.1$i\n"
            f"kill -CONT {server.pid}; sleep 0.2; done"
        )
        came = viewer.wait_frames(0, 5, 10, time.monotonic())
    reconnects = server.camera(0)["reconnects"] - before
    lab.check("read late: it goes on", came and reconnects == 0, f"{reconnects} reconnects")


def check_silence(lab, server, viewer):
    """The camera is silent when this starts; then it comes back with all kinds of pictures."""
    camera = server.wait_state(0, "lost", 8)
    lab.check("silent for 2 s: lost", camera is not None, str(camera and camera["error"]))
    before = Counter(server.drops("cam0"))
    count = len(viewer.of(0))
    load, reconnects = lab.board.load(), server.camera(0)["reconnects"]
    # Slowly: v4l2loopback writes over pictures that are in use when they are read late.
    with feeder(lab, 15, *GREYS.values()):
        came = viewer.wait_frames(0, count + 100, 20)
        lab.require("frames again at the same connection", came, f"{len(viewer.of(0)) - count}")
        drops = Counter(server.drops("cam0")) - before
        reconnects = server.camera(0)["reconnects"] - reconnects
    lab.check("broken pictures do not stop the camera", reconnects <= 1, f"{reconnects} reconnects")
    others = lab.board.load().others_since(load)
    seen = check_kinds(lab, [frame.jpeg for frame in viewer.of(0)[count:]], others)
    figure = describe_drops(drops)
    came = [kind for kind in ("half", "zeros", "header") if seen[kind]]
    lab.check("dropped: pictures cut off", not came, ", ".join(came))
    good = drops["truncated"] >= 3 * drops["empty"] - 3
    lab.check("   and counted", good and drops["truncated"] > 0, figure)
    good = not seen["empty"] and drops["empty"] > 0
    lab.check("dropped and counted: no picture", good, figure)


def is_complete(jpeg):
    """Begins and ends as a picture does, and has Huffman tables, which djpeg would do without."""
    return jpeg[:3] == b"\xff\xd8\xff" and jpeg[-2:] == b"\xff\xd9" and b"\xff\xc4" in jpeg


def check_kinds(lab, jpegs, others):
    """Counts the pictures by their kind."""
    seen, warnings = Counter(), Counter()
    for jpeg, times in Counter(jpegs).items():
        picture = decode(jpeg)
        if not (picture and is_complete(jpeg)):
            kind = "undecodable"
        else:
            kind = GREYS[min(GREYS, key=lambda grey: abs(grey - picture.mean))]
            warnings[kind] += times if picture.warning else 0
        seen[kind] += times
    figure = f"{len(jpegs)} frames, {seen['undecodable']} do not"
    # v4l2loopback writes over pictures that are read late.
    lab.judge("every frame decodes", not seen["undecodable"], figure, others)
    lab.check("whole pictures arrive", seen["good"] > 0 and not warnings["good"], str(seen["good"]))
    for kind, what in REPAIRED.items():
        good = seen[kind] > 0 and not warnings[kind]
        lab.check(f"repaired: {what}", good, f"{seen[kind]}, {warnings[kind]} with warnings")
    return seen
