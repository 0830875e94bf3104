"""The command as a person meets it: as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TWELVE = HERE / "broken" / "twelve_mistakes.yaml"
MOMENT = ["--from", "2026-11-20T12:00:00Z", "--until", "2026-11-20T12:00:10Z"]
UNSET = "put what is not set into .env, as lines of NAME=value, or name a file of such lines with --env"
FINE = "flow: fine\nnodes: {b: {type: bell}, k: {type: keyring, config: {key: $KEY}}}\n"
FINE += "edges: [{from: k.refused, to: b}]\nends: [k.token]\n"


def wattwire(*args: str | Path, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "wattwire.flows", *map(str, args)]
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    return subprocess.run(command, capture_output=True, text=True, env=clean | {"COLUMNS": "100"} | env, check=False)


@pytest.fixture
def fine(tmp_path: Path) -> Path:
    (tmp_path / "fine.yaml").write_text(FINE)
    return tmp_path / "fine.yaml"


def test_a_flow_that_is_fine_says_so(fine: Path) -> None:
    done = wattwire("check", fine, "--nodes", HERE / "palette", KEY="x")

    assert (done.returncode, done.stdout, done.stderr) == (0, "fine: 2 nodes, 1 edge, fine\n", "")


def test_the_names_are_found_in_a_file_beside_the_flow(fine: Path) -> None:
    (fine.parent / ".env").write_text("KEY=x\n")
    done = wattwire("check", fine, "--nodes", HERE / "palette")

    assert (done.returncode, done.stdout, done.stderr) == (0, "fine: 2 nodes, 1 edge, fine\n", "")


def test_twelve_mistakes_are_all_named_with_line_and_column() -> None:
    done = wattwire("check", TWELVE, "--nodes", HERE / "palette")

    assert done.returncode == 2
    assert done.stdout == ""
    assert [line.removeprefix(f"{TWELVE}:") for line in done.stderr.splitlines()] == [
        "3:3: key.refused leads nowhere; wire it or list it under ends",
        "3:38: key: setting key is a secret written into the file; put it into the environment and write $NAME",
        "4:40: pulse: setting every is 60, not a duration; a duration carries a unit: 10s, 5m, 1h",
        "5:17: other: no node type 'metre'; did you mean 'meter'?",
        "6:37: $SERIAL is not set",
        "6:46: meter: no setting 'fase'; did you mean 'phases'?",
        "9:28: meter has no in port 'pol'; did you mean 'poll'?",
        "10:27: key.token carries Token, bell.why takes Fault",
        "11:12: meter has no out port 'fialed'; did you mean 'failed'?",
        "12:12: a loop without after or every: meter.unauthorised to meter.poll",
        "13:50: after: 10 is not a duration; a duration carries a unit: 10s, 5m, 1h",
        "13:54: times without spent: after so many times it needs somewhere to go",
        UNSET,
    ]


def test_what_to_do_is_said_once_where_the_fault_is_outside_the_flow(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(
        "flow: f\nnodes: {a: {type: surplus, config: {x: $A}}, b: {type: simTesla, config: {vin: $B}}}\n"
    )
    done = wattwire("check", tmp_path / "flow.yaml")

    assert [line.rpartition(": ")[2] for line in done.stderr.splitlines()] == [
        "no node type 'surplus'",
        "$B is not set",
        UNSET,
        "for node types of your own, name their folder with --nodes",
    ]


def test_names_may_come_from_an_env_file(fine: Path, tmp_path: Path) -> None:
    (tmp_path / "house.env").write_text("KEY=x")

    assert wattwire("check", fine, "--nodes", HERE / "palette", "--env", tmp_path / "house.env").returncode == 0


def test_several_flows_are_each_told_of_and_one_that_is_wrong_makes_it_2(fine: Path) -> None:
    done = wattwire("check", fine, TWELVE, "--nodes", HERE / "palette", KEY="x")

    assert done.returncode == 2
    assert done.stdout == "fine: 2 nodes, 1 edge, fine\n"
    assert len(done.stderr.splitlines()) == 12 + 1


def test_json_is_for_a_machine(fine: Path) -> None:
    done = wattwire("check", fine, TWELVE, "--json", "--nodes", HERE / "palette", KEY="x")

    good, bad = json.loads(done.stdout)
    assert (good["flow"], good["fine"], good["nodes"], good["edges"]) == ("fine", True, 2, 1)
    assert bad["fine"] is False
    assert bad["reasons"][4] == {"file": str(TWELVE), "line": 6, "col": 37, "text": "$SERIAL is not set"}


@pytest.mark.parametrize("args", [["check"], ["check", "--what"], ["chek"], []])
def test_a_wrong_command_line_ends_with_2(args: list[str]) -> None:
    assert wattwire(*args).returncode == 2


def test_help_says_what_each_command_does_and_how_commands_end() -> None:
    told = " ".join(wattwire("--help").stdout.split())

    assert "check Say everything that is wrong with a flow, or that it is fine." in told
    assert "2 the flow or the command line is wrong" in told


@pytest.mark.parametrize(
    "command", ["run", "check", "try", "draw", "nodes", "schema", "tail", "send", "status", "tariffs"]
)
def test_every_command_explains_itself(command: str) -> None:
    done = wattwire(command, "--help")

    assert done.returncode == 0
    assert "Usage: wattwire" in done.stdout


def test_checking_imports_nothing_that_is_slow_and_not_needed(fine: Path) -> None:
    code = f"""
import sys
from wattwire.flows.__main__ import main
try:
    main(["check", {str(fine)!r}, "--nodes", {str(HERE / "palette")!r}])
except SystemExit:
    slow = ["jsonschema", "aiohttp", "httpx", "paho", "tenacity", "prometheus_client", "amqtt", "asyncio"]
    print([name for name in slow if name in sys.modules])
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_node_is_shown_with_its_ports_and_settings() -> None:
    told = wattwire("nodes", "meter", "--nodes", HERE / "palette").stdout

    assert told.startswith("meter: read a meter. It has a setting of every kind.\n")
    assert "  setting id                 text, must be given  # on the meter's plate\n" in told
    assert "  setting wait               a duration, default 20s\n" in told
    assert "  in      ▸ poll             any\n" in told
    assert "  in      token              Token  # remembered\n" in told
    assert "  out     failed             Fault\n" in told


def test_a_node_type_that_is_not_there_ends_with_2() -> None:
    done = wattwire("nodes", "clok")

    assert (done.returncode, done.stderr) == (2, "no node type 'clok'; did you mean 'clock'?\n")


def test_pages_of_markdown_are_written_one_a_node(tmp_path: Path) -> None:
    wattwire("nodes", "--markdown", tmp_path, "--nodes", HERE / "palette")

    assert (
        (tmp_path / "keyring.md").read_text()
        == """# keyring

Trade a key for a token.

## Settings

| setting | is | default |  |
| --- | --- | --- | --- |
| `key` | text | must be given | from your account |
| `url` | text | `https://keys.example/` |  |

## In

| port | body |  |
| --- | --- | --- |
| `want` | any message | triggers |

## Out

| port | body |  |
| --- | --- | --- |
| `token` | `Token` |  |
| `refused` | `Fault` | the key is wrong |
"""
    )
    assert "* [keyring](keyring.md): trade a key for a token.\n" in (tmp_path / "README.md").read_text()


def test_a_shipped_flow_is_drawn_without_credentials() -> None:
    assert wattwire("draw", "intelligent_octopus").stdout.startswith("flowchart LR\n")


def test_the_schema_of_ones_own_nodes_is_printed() -> None:
    told = json.loads(wattwire("schema", "--nodes", HERE / "palette").stdout)

    assert "meter.config" in told["$defs"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "words",
    [
        ["nodes"],
        ["nodes", "--help"],
        ["try", "simulated_house", *MOMENT],
        ["try", "simulated_house", *MOMENT, "--out", "/dev/full"],
    ],
)
def test_a_full_disk_behind_the_output_is_one_line(words: list[str]) -> None:
    command = [sys.executable, "-m", "wattwire.flows", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "the output cannot be written: No space left on device\n")
