"""Scripts written from what the product says of itself, each through `wattwire try`, as other people measure it.

`says` is the sentence that a script holds us to. A step is a line of a script (its body is `{at: …}` plus what is
given), and `gives` all that leaves from there to the next step: `port: what its body must say`, or a request.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from wattwire.flows.commands.try_ import command
from wattwire.flows.engine.reading import Core

Json = Any
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.yaml"))


def lines(script: Json) -> Iterator[Json]:
    for step in script["steps"]:
        line = {k: v for k, v in step.items() if k != "gives"}
        yield {**line, "body": {"at": line["at"], **line.get("body", {})}} if "to" in line else line


def expected(script: Json) -> list[Json]:
    nodes = script["flow"]["nodes"]
    found = []
    for step in script["steps"]:
        given = step.get("gives", [])
        for each in given if isinstance(given, list) else [{k: v} for k, v in given.items()]:
            at = each.pop("at", step["at"])
            ((name, body),) = each.items()
            if name == "request":
                found.append({"at": at, "request": body})
            else:
                node = next(iter(nodes))
                found.append({"at": at, "from": name if "." in name else f"{node}.{name}", "body": body})
    return found


def cut(found: Json, like: Json) -> Json:
    """What was found, of what was expected."""
    if isinstance(found, dict) and isinstance(like, dict):
        return {k: cut(found.get(k, "-"), v) for k, v in like.items()}
    if isinstance(found, list) and isinstance(like, list) and len(found) == len(like):
        return [cut(f, w) for f, w in zip(found, like, strict=True)]
    if isinstance(found, str) and isinstance(like, str) and like.endswith("…"):
        return like if found.startswith(like[:-1]) else found
    return found


def put(script: Json, folder: Path) -> list[str]:
    """Writes flow and script as a person would have them, and says how they are run."""
    (folder / "flow.yaml").write_text(json.dumps(script["flow"]))
    (folder / "script.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines(script)))
    until = ["--until", script["until"]] if "until" in script else []
    return [str(folder / "flow.yaml"), "--script", str(folder / "script.jsonl"), *until]


def compare(script: Json, output: str) -> None:
    want, skip = expected(script), set(script.get("skip", []))
    found = [line for line in map(json.loads, output.splitlines()) if line.get("from", "request") not in skip]
    padded = [*want, *[{"at": "", "from": "", "request": {"node": ""}, "body": {}}] * (len(found) - len(want))]

    assert [cut(f, w) for f, w in zip(found, padded, strict=False)] == want


@pytest.mark.parametrize("file", SCRIPTS, ids=[f.stem for f in SCRIPTS])
def test_a_script_gives_what_the_text_says(file: Path, tmp_path: Path) -> None:
    script = yaml.load(file.read_text(), Loader=Core)
    done = CliRunner().invoke(command, put(script, tmp_path))

    assert (done.exit_code, done.stderr) == (0, "")
    compare(script, done.stdout)


def test_as_a_command_of_its_own_it_gives_the_same(tmp_path: Path) -> None:
    script = yaml.load(SCRIPTS[0].read_text(), Loader=Core)
    args = [sys.executable, "-m", "wattwire.flows", "try", *put(script, tmp_path)]
    done = subprocess.run(args, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    compare(script, done.stdout)
