"""Where mosquitto is on this machine, and which."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess

PLACES = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))


def find_mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=PLACES)


def version_of(program: str) -> str:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run([program, "-h"], capture_output=True, text=True, timeout=5).stdout.split()
        if said[:2] == ["mosquitto", "version"]:
            return said[2]
    return ""
