#!/usr/bin/env python3
"""Listening on every address: in a network of its own, which nobody else can reach."""

import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import struct
import unittest

import harness
from harness import Config, Server, eventually
from websocket import WebSocket

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
SIOCSIFADDR = 0x8916
SMALL = ("cam0=synthetic,size=160x120,fps=10,format=mjpeg",)
BOTH = ("127.0.0.1", "::1")
OTHERS = ("192.0.2.7", "[2001:db8::7]")

needs_ipv6 = unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "there is no IPv6")


def setUpModule():
    """For this process, and so for the servers that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) < 0:
        raise unittest.SkipTest(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    with socket.socket() as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
    add_addresses()


def add_addresses():
    """Addresses for documentation (RFC 5737, RFC 3849), which the loopback interface has for as long as the tests run."""
    name = b"lo:1"
    with socket.socket() as control:
        address = struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton("192.0.2.7"))
        fcntl.ioctl(control, SIOCSIFADDR, address)
    if os.path.exists("/proc/net/if_inet6"):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
            address = struct.pack("16sIi", socket.inet_pton(socket.AF_INET6, "2001:db8::7"), 128,
                                  socket.if_nametoindex("lo"))
            fcntl.ioctl(control, SIOCSIFADDR, address)


def ask(host, port, target):
    connection = socket.create_connection((host, port), 8)
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return connection


def peer_seen(host, port):
    """Where the server says that a viewer comes from, which asks at this address."""
    with ask(host, port, "/stream/cam0") as stream:
        if stream.recv(12) != b"HTTP/1.1 200":
            raise AssertionError("no stream")
        with ask(host, port, "/api/status") as status:
            answer = b"".join(iter(lambda: status.recv(65536), b""))
    viewers = json.loads(answer.partition(b"\r\n\r\n")[2])["viewers"]
    return viewers[0]["peer"].rpartition(":")[0]


class EveryAddress(unittest.TestCase):
    def check(self, address, hosts, others):
        with Server("--listen", address, cameras=SMALL) as server:
            self.assertRegex(server.log, rf"\bopen http://127\.0\.0\.1:{server.port}/")
            urls = re.findall(r"others reach it at (.*)", server.log)
            self.assertEqual(sorted(urls), sorted(f"http://{host}:{server.port}/" for host in others))
            self.assertEqual(server.log.count("other machines"), 1)
            for host in hosts:
                server.wait_viewers(0)
                self.assertEqual(peer_seen(host, server.port).strip("[]"), host)
        return server.log

    @needs_ipv6
    def test_without_a_host(self):
        """IPv4 and IPv6, and the URL can be opened as it is printed."""
        self.check(":0", BOTH, OTHERS)

    @needs_ipv6
    def test_ipv6(self):
        """Whatever net.ipv6.bindv6only says."""
        self.check("[::]:0", BOTH, OTHERS)

    def test_ipv4(self):
        log = self.check("0.0.0.0:0", BOTH[:1], OTHERS[:1])
        self.assertIn("listening on 0.0.0.0:", log)

    @needs_ipv6
    def test_one_address(self):
        with Server("--listen", "[::1]:0", cameras=SMALL) as server:
            self.assertRegex(server.log, rf"\bopen http://\[::1\]:{server.port}/")
            self.assertNotIn("other machines", server.log)
            with self.assertRaises(ConnectionRefusedError):
                server.connect()

    @needs_ipv6
    def test_from_loopback_to_every_address_and_back(self):
        text = "[server]\nlisten = {}:{}\n[camera:cam0]\nsource = synthetic,size=160x120\n"
        port = harness.free_port()
        config = Config(text.format("127.0.0.1", port))
        with (
            Server("-c", str(config), cameras=(), port=port, listen=False) as server,
            WebSocket(server) as viewer,
        ):
            for number, (host, reached) in enumerate((("", True), ("127.0.0.1", False)), 1):
                config.write(text.format(host, port))
                server.send_signal(signal.SIGHUP)
                eventually(lambda: server.log.count("read again") == number, 3, f"listening on {host}")
                viewer.receive_frame()
                with socket.socket(socket.AF_INET6) as other:
                    self.assertEqual(other.connect_ex(("::1", port)) == 0, reached)


if __name__ == "__main__":
    harness.main()
