"""Who we are measured against, brought here by the bench itself: into .venv/bench, nothing into the system."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .progress import say

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".venv" / "bench"
NODE_RED = "4.1"
NODELAY = """\
const net = require("net"), connect = net.createConnection;
net.createConnection = (...how) => connect(...how).setNoDelay(true);
"""


class Absent(Exception):
    """A peer that cannot be had here; the text says why."""


def node_red() -> Path:
    """The program of a stock Node-RED."""
    program = CACHE / "node-red" / "node_modules" / "node-red" / "red.js"
    if not program.exists():
        _needs("node", "npm")
        say(f"installing Node-RED {NODE_RED} into {program.parents[2]}; half a minute")
        npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        _done([*npm, "--prefix", str(program.parents[2]), f"node-red@{NODE_RED}"])
    return program


def nodelay() -> Path:
    """What a Node-RED loads before all else to have the sockets of mqtt.js send at once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / "nodelay.js"
    path.write_text(NODELAY)
    return path


def c_hop() -> Path:
    """A hop in C on libmosquitto: of the system, else of Debian's package, which is only unpacked."""
    program, source = CACHE / "hop", HERE / "hop.c"
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    _needs("gcc")
    CACHE.mkdir(parents=True, exist_ok=True)
    compile_ = ["gcc", "-O2", "-Wall", "-o", str(program), str(source)]
    try:
        _done([*compile_, "-lmosquitto"])
    except Absent:
        _done([*compile_, *_unpacked()])
    return program


def _unpacked() -> list[str]:
    _needs("apt-get", "dpkg")
    packages, root = CACHE / "packages", CACHE / "root"
    packages.mkdir(exist_ok=True)
    say(f"unpacking libmosquitto into {root}")
    _done(["apt-get", "download", "libmosquitto-dev", "libmosquitto1"], packages)
    for package in packages.glob("*.deb"):
        _done(["dpkg", "-x", str(package), str(root)])
    library = next(root.rglob("libmosquitto.so.1"), None)
    if library is None:
        raise Absent("the package holds no libmosquitto.so.1")
    return [f"-I{root}/usr/include", str(library), f"-Wl,-rpath,{library.parent}"]


def _needs(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            raise Absent(f"{program} is not installed")


def _done(command: Sequence[str], where: Path | None = None) -> None:
    try:
        subprocess.run(command, check=True, cwd=where, capture_output=True, text=True, timeout=300)
    except subprocess.CalledProcessError as wrong:
        raise Absent(f"{' '.join(command[:3])} … failed:\n{wrong.stderr[-1500:]}") from None
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise Absent(f"{' '.join(command[:3])} … failed: {wrong}") from None
