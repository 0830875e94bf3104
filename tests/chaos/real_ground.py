"""What the run stands on: a small disk of its own, and a cable of its own to a broker far away.

Mount and network namespaces have no names here: they belong to processes that the kernel ends with us, and go with
them, however we end."""

from __future__ import annotations

import ctypes
import getpass
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from wattwire.broker.private import find_mosquitto
from wattwire.broker.tether import waited

LIBC = ctypes.CDLL(None, use_errno=True)
NEWNS, REC, PRIVATE = 0x00020000, 0x4000, 1 << 18
DEATHSIG, SUBREAPER = 1, 36
NEAR, FAR, NOWHERE = "192.0.2.1", "192.0.2.2", "02:00:00:00:00:99"  # addresses for documentation, seen by nobody else
ROOM = 640  # MB: after bursts the files of two flows alone take 160

CONF = """user {user}
listener 0 {folder}/mosquitto.sock
listener 1883 {far}
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 1000000
max_inflight_messages 20000
persistence true
persistence_location {folder}/
autosave_interval 5
autosave_on_changes false
"""


def tied() -> None:
    """In a child: die with the driver."""
    LIBC.prctl(DEATHSIG, signal.SIGKILL, 0, 0, 0)


def started(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                preexec_fn=tied)  # fmt: skip


def adopt() -> None:
    """Whoever loses its parent becomes ours, so that nothing is left behind."""
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)


class Disk:
    """A tmpfs that only this process and its children see."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        if LIBC.unshare(NEWNS) or LIBC.mount(b"none", b"/", None, REC | PRIVATE, None):
            raise OSError(ctypes.get_errno(), "no mount namespace")
        if LIBC.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={ROOM}m".encode()):
            raise OSError(ctypes.get_errno(), "no tmpfs")

    def fill(self) -> None:
        out = os.open(self.folder / "filling", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        try:
            for size in (1 << 20, 4096):
                try:
                    while os.write(out, bytes(size)):
                        pass
                except OSError:
                    continue
        finally:
            os.close(out)

    def clear(self) -> None:
        (self.folder / "filling").unlink(missing_ok=True)


class Cable:
    """Two network namespaces, one cable, and a broker at the far end of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "far.log"
        folder.mkdir()
        self.ends = [started(["unshare", "-n", "sleep", "infinity"], self.log) for _ in range(2)]
        own = os.readlink("/proc/self/ns/net")
        if not waited(lambda: all(_net(e.pid) not in ("", own) for e in self.ends), 5):
            raise OSError("no network namespace")
        near, far = (str(e.pid) for e in self.ends)
        self._do(near, "ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", far)
        self.macs = {}
        for pid, end, address in ((near, "near", NEAR), (far, "far", FAR)):
            self._do(pid, "ip", "link", "set", "lo", "up")
            self._do(pid, "ip", "addr", "add", f"{address}/24", "dev", end)
            self._do(pid, "ip", "link", "set", end, "up")
            told = self._do(pid, "ip", "-o", "link", "show", end)
            self.macs[end] = told.split("link/ether ")[1].split()[0]
        self.join()
        (folder / "conf").write_text(CONF.format(user=getpass.getuser(), folder=folder, far=FAR))
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://{FAR}"

    @property
    def ours(self) -> str:
        """The broker, past the cable."""
        return f"unix://{self.folder}/mosquitto.sock"

    def inside(self, end: int = 0) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.ends[end].pid}/ns/net"]

    def start(self) -> None:
        self.broker = started([*self.inside(1), str(find_mosquitto()), "-c", str(self.folder / "conf")], self.log)

    def save(self) -> None:
        """Have the broker save by now what it knows: killed before that, it would forget who had subscribed to what."""
        self.broker.send_signal(signal.SIGUSR1)
        if not waited((self.folder / "mosquitto.db").exists, 10):
            raise OSError("the broker behind the link saves nothing")

    def cut(self, ways: Sequence[str] = ("near", "far")) -> None:
        """Nothing arrives any more, and nobody is told."""
        for way in ways:
            self._lead(way, NOWHERE)

    def join(self) -> None:
        for way in ("near", "far"):
            self._lead(way, self.macs["far" if way == "near" else "near"])

    def close(self) -> None:
        for it in (self.broker, *self.ends):
            it.kill()
            it.wait()

    def _lead(self, way: str, mac: str) -> None:
        pid, other = (self.ends[0].pid, FAR) if way == "near" else (self.ends[1].pid, NEAR)
        self._do(str(pid), "ip", "neigh", "replace", other, "lladdr", mac, "dev", way, "nud", "permanent")

    def _do(self, pid: str, *command: str) -> str:
        inside = ["nsenter", f"--net=/proc/{pid}/ns/net", *command]
        return subprocess.run(inside, check=True, capture_output=True).stdout.decode()


def _net(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""


def ground(folder: Path) -> tuple[Disk | None, Cable | None, list[str]]:
    """The disk and the cable, as far as this machine allows them; and what is not tried for want of one."""
    skipped = list[str]()
    if os.geteuid():
        skipped.append("not root: NO DISK IS FILLED and NO LINK IS CUT in this run")
        return None, None, skipped
    disk, cable = None, None
    try:
        disk = Disk(folder / "small")
    except OSError as wrong:
        skipped.append(f"{wrong.args[-1]}: NO DISK IS FILLED in this run")
    try:
        cable = Cable(folder / "far")
    except (OSError, RuntimeError) as wrong:
        skipped.append(f"{wrong}: NO LINK IS CUT in this run")
    return disk, cable, skipped
