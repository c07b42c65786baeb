"""Cameras fail and come back, the viewer stays connected, the other camera does not notice"""

import re
import time

from lab import describe_drops

GAP_LIMIT = 0.5  # seconds without a frame of the other camera, on an emulated board


def run(lab):
    lab.board.run("modprobe -r v4l2loopback")
    first, second = lab.vivid()
    with lab.serve(
        "--camera", f"cam0=v4l2:/dev/{first},format=yuyv",
        "--camera", f"cam1=v4l2:/dev/{second},format=yuyv",
    ) as server, lab.watch() as viewer:  # fmt: skip
        both = all(viewer.wait_frames(camera, 10, 20) for camera in (0, 1))
        lab.require("frames of both cameras", both)
        check_error_flag(lab, server, viewer, first)
        check_failures(lab, server, viewer, first)
        check_new_number(lab, server, viewer)
        lab.check("it was one connection all the time", viewer.wait_end(0) is False)


def check_error_flag(lab, server, viewer, node):
    before = server.drops("cam0").get("error_flag", 0)
    for _ in range(3):
        lab.control(node, "inject_v4l2_buf_flag_error")
    came = viewer.wait_frames(0, 10, 10, time.monotonic())
    drops, camera = server.drops("cam0"), server.camera(0)
    good = came and drops.get("error_flag", 0) > before and camera["reconnects"] == 0
    lab.check("damaged frames are dropped, the camera goes on", good, describe_drops(drops))


def check_failures(lab, server, viewer, node):
    fatal = "inject_fatal_streaming_error"
    for name, controls in {
        "a fatal streaming error": [fatal],
        "... and then STREAMON fails": ["inject_vidioc_streamon_error", fatal],
        "... and then REQBUFS fails": ["inject_vidioc_reqbufs_error", fatal],
        "the device is disconnected": ["disconnect"],
        "QBUF fails": ["inject_vidioc_qbuf_error"],
    }.items():
        check_failure(lab, server, viewer, name, node, controls)


def check_failure(lab, server, viewer, name, node, controls):
    before, load = server.camera(0)["reconnects"], lab.board.load()
    started = time.monotonic()
    for control in controls:
        lab.control(node, control)
    # A buffer that the driver refuses once is no reason to start again.
    lost = controls == ["inject_vidioc_qbuf_error"] or wait_reconnects(server, before + 1, 15)
    came = viewer.wait_frames(0, 10, 15, time.monotonic())
    until = time.monotonic()
    camera = server.camera(0)
    if not came:
        figure = f"{camera['state']}: {camera['error']}"
    elif not lost:
        figure = "it did not reconnect"
    else:
        gap = viewer.longest_gap(0, started, until)
        figure = f"{gap:.1f} s without frames, {camera['reconnects']} reconnects"
    lab.check(f"{name}: it comes back", lost and came and camera["state"] == "streaming", figure)
    gap = viewer.longest_gap(1, started, until)
    others = lab.board.load().others_since(load)
    lab.judge("   the other camera", gap <= GAP_LIMIT, f"longest gap {gap * 1000:.0f} ms", others)


def wait_reconnects(server, count, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.camera(0)["reconnects"] >= count:
            return True
        time.sleep(0.1)
    return False


def capture_nodes(lab):
    links = lab.board.must("grep -l vid-cap /sys/class/video4linux/video*/name")
    return re.findall(r"/(video\d+)/", links)


def check_new_number(lab, server, viewer):
    """The driver goes away under the server and comes back, but its numbers are taken."""
    driver = "/sys/bus/platform/drivers/vivid"
    before = capture_nodes(lab)
    lab.board.must(f"echo vivid.0 >{driver}/unbind")
    lost = [server.wait_state(camera, "lost", 10) for camera in (0, 1)]
    figure = "; ".join(str(camera and camera["error"]) for camera in lost)
    lab.check("the driver is unbound: both are lost", all(lost), figure)
    lab.board.must("modprobe v4l2loopback video_nr=0,1 devices=2 exclusive_caps=1,1; udevadm settle")
    lab.board.must(f"echo vivid.0 >{driver}/bind; udevadm settle")
    after = capture_nodes(lab)
    since = time.monotonic()
    came = all(viewer.wait_frames(camera, 10, 15, since) for camera in (0, 1))
    figure = f"{' '.join(before)}, now {' '.join(after)}"
    if not came:
        figure += "".join(f"; {c['state']}: {c['error']}" for c in server.status()["cameras"])
    good = came and not set(before) & set(after)
    lab.check("they are found under other numbers", good, figure)
    lab.board.run("modprobe -r v4l2loopback")
