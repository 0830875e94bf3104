"""On what it was measured, as far as it changes the figures."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
from contextlib import suppress

from wattwire.broker.mosquitto import find_mosquitto, version_of

from .peers import CACHE


def machine() -> str:
    program = find_mosquitto()
    orjson = "with orjson" if importlib.util.find_spec("orjson") else "without orjson"
    parts = [f"{os.cpu_count()} cores", system(), f"CPython {platform.python_version()} {orjson}",
             f"mosquitto {version_of(program) if program else 'absent'}"]  # fmt: skip
    with suppress(OSError, ValueError, KeyError):
        package = CACHE / "node-red" / "node_modules" / "node-red" / "package.json"
        parts.append(f"Node-RED {json.loads(package.read_text())['version']}")
    with suppress(OSError, subprocess.SubprocessError):
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True, timeout=10).stdout
        parts.append(f"Node {node.strip().lstrip('v')}")
    return ", ".join(parts)


def system() -> str:
    with suppress(OSError, KeyError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return platform.system()
