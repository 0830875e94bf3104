"""The systemd unit: systemd takes it, and what it starts is a command there is."""

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wattwire.flows.commands.run import command

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "wattwire.service"
SYSTEMD = shutil.which("systemd-analyze")


def started() -> list[str]:
    read = configparser.ConfigParser(interpolation=None)
    read.read_string(UNIT.read_text())
    return shlex.split(read["Service"]["ExecStart"])


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / "wattwire.service"
    copy.write_text(UNIT.read_text().replace(started()[0], sys.executable).replace("User=wattwire", "User=root"))
    done = subprocess.run([str(SYSTEMD), "verify", copy], capture_output=True, text=True, timeout=60, check=False)

    assert [line for line in done.stderr.splitlines() if copy.name in line] == []
    assert done.returncode == 0


def test_what_it_starts_is_a_command_line_of_run() -> None:
    _, word, *words = started()

    assert word == "run"
    assert command.make_context(word, words).params["state"] == Path("/var/lib/wattwire")
