"""A broker of our own on loopback: mosquitto where it is installed, else the embedded one. It dies with us."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from string import Template
from typing import Literal

from . import saved
from .doors import free_port, greets, place_for_socket
from .mosquitto import find_mosquitto, version_of
from .pipe import LARGEST
from .tether import END, BrokerFailed, end_orphan, note, tether, waited

__all__ = ["BrokerFailed", "PrivateBroker", "find_mosquitto", "start"]

START = 10.0  # seconds that it may take
TAIL = 12  # lines of its log that we show
HUGE = 1024 * 1024  # a log of this size is put aside at the next start

EMBEDDED = (
    "broker: the embedded one (amqtt). Good for a trial: what is queued and retained is "
    "in its memory only and lost when it ends, it is several times slower, and it has neither shared subscriptions "
    "nor MQTT 5. For a house install mosquitto (Debian: apt install mosquitto)."
)
MOSQUITTO = (
    "broker: mosquitto {version}, which saves every 5 s in {folder}; if it is killed, the nodes send again what it had "
    "not yet saved."
)


@dataclass
class PrivateBroker:
    """A running broker. Start it from a thread that lives as long as the process: the kernel ends it with that one."""

    kind: Literal["mosquitto", "embedded"]
    folder: Path
    port: int
    unix: str | None  # path of its socket
    promise: str  # what was chosen, and what that costs
    warnings: list[str] = field(default_factory=list)
    version: str = ""
    _child: subprocess.Popen[bytes] | None = None
    _runtime: Path | None = None  # a folder outside the state folder, for a socket whose path must be short
    _program: str = ""

    @property
    def url(self) -> str:
        """For anybody on this machine."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def nearest(self) -> str:
        """For the nodes: the quickest way."""
        return f"unix://{self.unix}" if self.unix else self.url

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def log(self) -> Path:
        return self.folder / f"{self.kind}.log"

    def __enter__(self) -> PrivateBroker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def save(self, patience: float = 2.0) -> bool:
        """Have mosquitto write its state now. False if it did not, or cannot."""
        if self.kind != "mosquitto" or self._child is None or not self.alive():
            return False
        before = saved.identity(self.folder)
        self._child.send_signal(signal.SIGUSR1)  # to nobody if it ends just now
        return waited(lambda: saved.identity(self.folder) not in (before, None), patience)

    def restart(self) -> None:
        """After it died, or to have it read its files anew. The addresses stay, if nobody took the port meanwhile."""
        self._end()
        self._launch()

    def stop(self) -> None:
        self._end()
        (self.folder / "broker.pid").unlink(missing_ok=True)
        if self.unix:
            Path(self.unix).unlink(missing_ok=True)
        if self._runtime:
            shutil.rmtree(self._runtime, ignore_errors=True)

    def last_words(self, lines: int = TAIL) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def complaint(self) -> str:
        """What is wrong although it runs: a full disk, a file that cannot be written. Empty if nothing is."""
        if shutil.disk_usage(self.folder).free < 16 * HUGE:
            return f"the disk that holds {self.folder} is full: nothing can be saved, and a restart would lose messages"
        for line in reversed(self.last_words(50).splitlines()):
            if "Error saving" in line or "No space left" in line:
                return line
        return ""

    def _launch(self) -> None:
        patience = START + saved.reading(self.folder)
        for _ in range(4):
            began = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                self._child = subprocess.Popen(
                    self._command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    start_new_session=True,  # Ctrl-C is for us alone: the nodes say goodbye through the broker
                    preexec_fn=tether(os.getpid()),
                )
            with contextlib.suppress(OSError):  # a full disk: the kernel ends it with us all the same
                note(self.folder, self._child.pid, self.kind)
            if waited(partial(self._answers, began), patience, self.alive):
                return
            code, said = self._child.poll(), self._said_since(began)
            self._end()
            if "in use" in said.lower():
                self.port = free_port(0)
                self._write_config()
            elif code is None:
                raise BrokerFailed(f"{self.kind} does not answer after {patience:g} s:\n{said or 'it says nothing'}")
            elif not self._set_aside(code, said) and code >= 0:  # if somebody killed it, its file is not to blame
                raise BrokerFailed(f"{self.kind} does not start:\n{said or 'it says nothing'}")
        raise BrokerFailed(f"{self.kind} does not start:\n{self.last_words()}")

    def _command(self) -> list[str]:
        if self.kind == "mosquitto":
            return [self._program, "-c", str(self.folder / "mosquitto.conf")]
        place = str(self.folder / "embedded")
        return [self._program, "-m", "wattwire.broker.embedded", "--port", str(self.port), "--name", place]

    def _write_config(self) -> None:
        if self.kind != "mosquitto":
            return
        template = resources.files("wattwire.broker").joinpath("mosquitto.conf").read_text()
        text = Template(template).substitute(
            user=getpass.getuser(),
            unix=f"listener 0 {self.unix}" if self.unix else "",
            port=self.port,
            largest=LARGEST,
            folder=self.folder,
            log=self.log,
        )
        (self.folder / "mosquitto.conf").write_text(text)

    def _answers(self, began: int) -> bool:
        """Whether it says CONNACK to us, and really it: somebody else's may have taken the port meanwhile."""
        if self.kind == "embedded" and "listening" not in self._said_since(began):
            return False
        return greets(self.port) and (self.unix is None or greets(self.unix))

    def _said_since(self, began: int) -> str:
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(began)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-TAIL:])
        return ""

    def _set_aside(self, code: int, said: str) -> bool:
        if self.kind != "mosquitto" or not saved.unreadable(code, said) or not (told := saved.set_aside(self.folder)):
            return False
        self.warnings.append(told)
        return True

    def _end(self) -> None:
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(END)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def start(
    state_dir: Path | str, prefer: Literal["auto", "mosquitto", "embedded"] = "auto", port: int = 1883
) -> PrivateBroker:
    """Start one, ready when this returns. Of an earlier run over the same folder, what is left is ended first."""
    program = None if prefer == "embedded" else find_mosquitto()
    if prefer == "mosquitto" and not program:
        raise BrokerFailed("mosquitto is not installed (Debian: apt install mosquitto)")
    folder = Path(state_dir).absolute() / "broker"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        end_orphan(folder)
        broker = mosquitto(folder, program, port) if program else embedded(folder, port)
        if broker.log.exists() and broker.log.stat().st_size > HUGE:
            broker.log.replace(broker.log.with_suffix(".log.1"))
        broker._write_config()
        try:
            broker._launch()
        except BaseException:
            broker.stop()
            raise
    except OSError as wrong:
        raise BrokerFailed(f"no broker can be started in {folder}: {wrong.strerror or wrong}") from None
    if port and broker.port != port:
        broker.warnings.insert(0, f"port {port} is taken, so the broker listens on {broker.port}")
    return broker


def mosquitto(folder: Path, program: str, port: int) -> PrivateBroker:
    version = version_of(program)
    unix, runtime = place_for_socket(folder) if version and int(version.split(".")[0]) >= 2 else (None, None)
    promise = MOSQUITTO.format(version=version or "(unknown version)", folder=folder)
    return PrivateBroker(
        "mosquitto", folder, free_port(port), unix, promise, version=version, _runtime=runtime, _program=program
    )


def embedded(folder: Path, port: int) -> PrivateBroker:
    return PrivateBroker("embedded", folder, free_port(port), None, EMBEDDED, _program=sys.executable)
