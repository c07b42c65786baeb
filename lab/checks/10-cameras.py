"""The list of the devices"""

import json


def listed(lab):
    cameras = json.loads(lab.board.must("twinlens cameras --json"))["cameras"]
    return {camera["device"]: camera for camera in cameras}


def run(lab):
    # The first device has a node for output and one for metadata beside the one that captures.
    first, second = (f"/dev/{node}" for node in lab.vivid(node_types="0x20101,0x1"))
    cameras = listed(lab)
    usable = sorted(path for path, camera in cameras.items() if camera["usable"])
    lab.check("the two that capture are usable", usable == sorted([first, second]), " ".join(usable))
    others = {path: camera["problem"] for path, camera in cameras.items() if not camera["usable"]}
    lab.check("the others tell why not", len(others) == 2 and all(others.values()), str(others))

    camera = cameras[first]
    told = f"{camera['driver']} at {camera['bus']}"
    lab.check("driver and bus", told == "vivid at platform:vivid-000", told)
    # Both call themselves index 0 of the same parent, so one of them has the link.
    links = [cameras[path]["by_path"] for path in (first, second) if cameras[path]["by_path"]]
    link = "/dev/v4l/by-path/platform-vivid.0-video-index0"
    lab.check("the link by path", links == [link], " ".join(links))
    formats = {one["format"]: one for one in camera["formats"] if one["supported"]}
    wanted = {"YUYV", "UYVY", "NV12", "NV16"}
    lab.check("formats", wanted <= set(formats), " ".join(sorted(formats)))
    sizes = {(s["width"], s["height"]): s["fps"] for s in formats["YUYV"]["sizes"]}
    lab.check("sizes and rates", max(sizes.get((640, 480), [0])) == 25, str(sizes.get((640, 480))))

    holder = lab.board.start(f"v4l2-ctl -d {second} --stream-mmap --stream-count=100000", 60)
    try:
        lab.board.must("sleep 1; pidof v4l2-ctl")
        cameras = listed(lab)
        names = [holder["command"] for holder in cameras[second]["holders"]]
        lab.check("who holds a device", names == ["v4l2-ctl"], f"{second}: {' '.join(names)}")
        lab.check("the other one is held by nobody", not cameras[first]["holders"])
    finally:
        lab.board.run("pkill -x v4l2-ctl")
        holder.result()
