"""Fake V4L2 cameras for a server: the environment that tests/shim wants, and its commands."""

import pathlib
import tempfile

from harness import Server
from websocket import WebSocket

SHIM = "../shim/libv4l2-shim.so"
PICTURES = 8


def record_pictures(size="640x480"):
    """Some different JPEG pictures, of the server's own synthetic camera."""
    with Server(cameras=(f"cam0=synthetic,size={size},fps=60",)) as server, WebSocket(server) as viewer:
        pictures = []
        while len(pictures) < PICTURES:
            jpeg = viewer.receive_frame().jpeg
            if jpeg not in pictures:
                pictures.append(jpeg)
        return pictures


class Cameras:
    """devices: path -> options of tests/shim/v4l2-shim.c; {pictures} in them is the folder of the pictures."""

    def __init__(self, devices, pictures=()):
        self.folder = tempfile.TemporaryDirectory()
        self.top = pathlib.Path(self.folder.name)
        self.pictures = self.top / "pictures"
        self.pictures.mkdir()
        (self.top / "class").mkdir()
        for number, picture in enumerate(pictures):
            (self.pictures / f"{number:03}.jpg").write_bytes(picture)
        self.control = self.top / "control"
        self.control.touch()
        described = (f"{path}={options}" for path, options in devices.items())
        self.env = {
            "V4L2_SHIM": ";".join(described).replace("{pictures}", str(self.pictures)),
            "V4L2_SHIM_CONTROL": str(self.control),
            "V4L2_SHIM_SYSFS": str(self.top / "class"),
        }

    def server(self, *arguments, **kwargs):
        return Server(*arguments, env=self.env, preload=[SHIM], **kwargs)

    def command(self, text):
        with self.control.open("a") as file:
            file.write(text + "\n")

    def close(self):
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
