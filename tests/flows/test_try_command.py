"""`wattwire try`, as people type it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wattwire.flows.commands.try_ import command

NOON = "2026-11-20T12:00:00Z"
ONE = "2026-11-20T13:00:00Z"


def run(*args: str, script: str = "", **env: str) -> Result:
    return CliRunner().invoke(command, list(args), input=script, env={"OCTOPUS_API_KEY": None, **env})


def test_the_shipped_flow_can_be_tried_with_nobody_s_credentials() -> None:
    done = run("intelligent_octopus", "--from", NOON, "--until", "2026-11-20T12:00:10Z")

    assert done.exit_code == 0
    assert done.stderr == ""
    first = json.loads(done.stdout.splitlines()[0])
    assert (first["at"], first["from"]) == (NOON, "start.out")


def test_its_log_is_the_few_lines_that_matter() -> None:
    done = run("simulated_house", "--from", NOON, "--until", ONE, "--log")
    lines = done.stdout.splitlines()

    assert lines[0].startswith("Friday 20 November 2026")
    assert 3 < len(lines) < 15
    assert any(line.endswith("teslaState: the car is asleep") for line in lines)


def test_without_from_and_until_the_script_is_the_whole_time() -> None:
    script = [
        {"at": NOON, "to": "rateResolver.tick", "body": {"at": NOON}},
        {"at": ONE, "to": "rateResolver.tick", "body": {"at": ONE}},
    ]
    done = run("intelligent_octopus", "--script", "-", script="\n".join(map(json.dumps, script)))

    times = [json.loads(line)["at"] for line in done.stdout.splitlines()]
    assert (done.exit_code, times[0], times[-1]) == (0, NOON, ONE)


def test_output_goes_to_a_file_if_one_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = run("simulated_house", "--from", NOON, "--until", NOON, "--out", str(out))

    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(out.read_text().splitlines()[0])["at"] == NOON


def test_a_seed_is_another_day() -> None:
    days = {seed: run("simulated_house", "--from", NOON, "--until", ONE, "--seed", seed).stdout for seed in "01"}

    assert days["0"] != days["1"]


def test_shadow_writes_nothing_to_the_gx() -> None:
    until = "2026-11-20T12:04:00Z"
    lived, shadow = (run("simulated_house", "--from", NOON, "--until", until, *more) for more in ([], ["--shadow"]))

    assert '"mode": "scheduled"' in lived.stdout
    assert '"mode": "scheduled"' not in shadow.stdout


@pytest.mark.parametrize(
    ("args", "script", "told"),
    [
        (["no_such_flow", "--from", NOON, "--until", ONE], "", "no_such_flow"),
        (["simulated_house"], "", "say when it begins: --from T, or a --script"),
        (["simulated_house", "--from", NOON], "", "say when it ends: --until T"),
        (["simulated_house", "--from", ONE, "--until", NOON], "", "--until is before --from"),
        (["simulated_house", "--from", "noon"], "", "write it as 2026-11-20T12:00:00Z"),
        (["simulated_house", "--from", "2026-11-20T12:00:00"], "", "a time without a zone"),
        (
            ["simulated_house", "--script", "-"],
            '{"at": "x", "crash": "a"}\n{',
            "<stdin>:1: no node 'a'\n<stdin>:2: not JSON",
        ),
        (["simulated_house", "--script", "/no/such/file"], "", "/no/such/file"),
        (["simulated_house", "--from", NOON, "--until", NOON, "--out", "/no/such/file"], "", "cannot be written"),
    ],
)
def test_what_cannot_be_tried_is_told_and_exits_2(args: list[str], script: str, told: str) -> None:
    done = run(*args, script=script)

    assert done.exit_code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_script_that_is_no_text_is_said_and_exits_2(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b"\xff\xfe")
    done = run("intelligent_octopus", "--script", str(tmp_path / "s.jsonl"))

    assert done.exit_code == 2
    assert done.stderr.endswith("s.jsonl: not UTF-8\n")


def test_a_body_that_does_not_fit_is_said_and_the_trial_goes_on() -> None:
    script = [{"at": NOON, "to": "rateResolver.tick", "body": {"at": 5}}, {"at": NOON, "to": "rateResolver.tick"}]
    done = run("intelligent_octopus", "--script", "-", script="\n".join(map(json.dumps, script)))

    assert done.exit_code == 0
    assert f"{NOON} rateResolver: set aside: Tick.at: 5 is not a time\n" == done.stderr
    assert '"rateResolver.unsure"' in done.stdout


BROKEN = '''"""broken: has a bug."""
from dataclasses import dataclass

from wattwire.nodes import Node, Ports
from wattwire.nodes.messages import Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


class Out(Ports):
    pass


def step(cfg: Config, tick: Tick) -> None:
    raise RuntimeError(f"the bug of {tick}")


NODE = Node("broken", Config, Out, step)
'''


def test_a_node_that_crashes_by_itself_exits_1(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    flow = tmp_path / "flow.yaml"
    flow.write_text("flow: f\nnodes: {b: {type: broken}}\n")
    script = json.dumps({"at": NOON, "to": "b.tick", "body": {"at": NOON}})
    done = run(str(flow), "--nodes", str(tmp_path), "--script", "-", script=script)

    assert done.exit_code == 1
    assert done.stderr.startswith(f"{NOON} b: crashed: RuntimeError at ")
    assert "the bug of" not in done.stderr


@pytest.mark.parametrize(
    "until", ["2026-11-20T15:00:00Z", pytest.param("2026-11-21T12:00:00Z", marks=pytest.mark.long)]
)
def test_hours_and_a_day_of_the_house_print_the_same_bytes_twice(until: str, tmp_path: Path) -> None:
    args = [sys.executable, "-m", "wattwire.flows", "try", "simulated_house"]
    args += ["--from", NOON, "--until", until, "--out"]
    for name in "ab":
        subprocess.run([*args, tmp_path / name], check=True, env={**os.environ, "PYTHONHASHSEED": str(ord(name))})

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
