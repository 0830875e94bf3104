"""What the documentation says is so: its flows load, its nodes are nodes, its links lead somewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from wattwire.flows.__main__ import COMMANDS, main
from wattwire.flows.engine.drawing import mermaid
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.manual import page
from wattwire.flows.engine.names import dotenv
from wattwire.flows.engine.palette import palette

HOUSE = Path(__file__).resolve().parent.parent
WRITTEN = [HOUSE / "README.md", HOUSE / "CHANGELOG.md", *sorted((HOUSE / "docs").glob("*.md"))]
PAGES = pytest.mark.parametrize("path", WRITTEN, ids=[p.relative_to(HOUSE).as_posix() for p in WRITTEN])
ENV = dotenv(HOUSE / "tests/world/example.env") | {"GX_PASSWORD": "invented"}


def blocks(kind: str) -> list[tuple[str, str]]:
    """The fenced blocks of a kind in all pages, each with the name of its page."""
    fence = re.compile(rf"^```{kind}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(p.name, found) for p in WRITTEN for found in fence.findall(p.read_text())]


FLOWS, NODES = blocks("yaml"), blocks("python")


def intelligent_octopus() -> Flow:
    return load("intelligent_octopus", env=ENV)


@pytest.mark.parametrize("text", [t for _, t in FLOWS], ids=[f"{name} {n}" for n, (name, _) in enumerate(FLOWS)])
def test_a_flow_in_the_docs_is_fine(text: str, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(text)

    assert load(str(tmp_path / "f.yaml"), env=ENV).nodes


@pytest.mark.parametrize("text", [t for _, t in NODES], ids=[f"{name} {n}" for n, (name, _) in enumerate(NODES)])
def test_a_node_in_the_docs_is_a_node(text: str, tmp_path: Path) -> None:
    name = re.search(r'^"""(\w+):', text)
    assert name
    (tmp_path / f"{name[1]}.py").write_text(text)

    assert palette((tmp_path,))[name[1]].doc


def test_the_script_in_the_docs_decides_the_rate(tmp_path: Path) -> None:
    (script,) = [t for _, t in blocks("json")]
    (tmp_path / "slot.jsonl").write_text(script)
    asked = ["try", "intelligent_octopus", "--script", str(tmp_path / "slot.jsonl"), "--until", "2026-11-20T13:30:00Z"]

    tried = CliRunner().invoke(main, asked)

    assert tried.exit_code == 0, tried.output
    told = [json.loads(line) for line in tried.stdout.splitlines() if '"at"' in line]
    assert [m["from"] for m in told if m["at"] == "2026-11-20T13:11:00Z" and m.get("from", "").startswith("rateR")]


@PAGES
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", path.read_text())
    here = [link.partition("#") for link in links if "://" not in link]

    assert [link for link, _, _ in here if link and not (path.parent / link).exists()] == []
    assert [
        anchor for link, _, anchor in here if anchor and anchor not in anchors(path.parent / link if link else path)
    ] == []


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@PAGES
def test_commands_and_their_options_exist(path: Path) -> None:
    lines = re.findall(r"(?:^    (?:\.venv/bin/)?|`)wattwire ([a-z]+)\b([^`\n]*)", path.read_text(), re.MULTILINE)

    assert {command for command, _ in lines} <= {*COMMANDS, "wattwire"}
    for command, rest in lines:
        known = CliRunner().invoke(main, [command, "--help"]).output
        assert [o for o in re.findall(r"--[a-z]+", rest) if o not in known] == []


def test_every_node_has_a_current_page() -> None:
    """`make docs` writes them."""
    written = {p.stem: p.read_text() for p in (HOUSE / "docs/nodes").glob("*.md") if p.stem != "README"}

    assert written == {name: page(node) for name, node in palette().items()}


def test_the_picture_is_of_the_flow_as_it_is() -> None:
    """`make docs` draws it."""
    (picture,) = [t for name, t in blocks("mermaid") if name == "intelligent-octopus.md"]

    assert picture == mermaid(intelligent_octopus())


def test_the_pictures_of_the_examples_are_of_the_flows_as_they_are() -> None:
    """Whole, or what a flow adds to intelligent_octopus."""
    inner = set(mermaid(intelligent_octopus()).splitlines())
    page = (HOUSE / "docs/examples.md").read_text()
    pictures = re.findall(r"^## (\w+)$(?:(?!^## ).)*?^```mermaid\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert len(pictures) == 9
    for name, picture in pictures:
        drawn, shown = set(mermaid(load(name, env=ENV)).splitlines()), set(picture.splitlines())
        built_on = inner & drawn if "teslaState" in load(name, env=ENV).nodes else {""}
        assert shown <= drawn
        assert {line for line in drawn - built_on if "|" in line} == {line for line in shown if "|" in line}


def test_the_readmes_picture_shows_edges_that_there_are() -> None:
    (picture,) = [t for name, t in blocks("mermaid") if name == "README.md"]
    arrows = re.findall(r"^  (\w+) (?:-->|-- .* -->|-\. .* \.->) (\w+)$", picture, re.MULTILINE)
    edges = {(e.source.partition(".")[0], e.to.partition(".")[0]) for e in intelligent_octopus().edges}

    assert len(arrows) == len(picture.splitlines()) - 1
    assert set(arrows) - edges == set()


def test_every_metric_is_documented_and_no_other() -> None:
    code = "".join((HOUSE / f"flows/engine/{name}.py").read_text() for name in ("meters", "house", "gauges"))
    ours = re.findall(r'(_counter|_gauge|_states|\w+MetricFamily)\(\s*f?"([a-z_{}]+)"', code)
    there = {name.removeprefix("wattwire_").removeprefix("energy_").replace("edge_{count}", "edge_followed")
             for _, name in ours if name not in ("wattwire_{name}", "energy_{name}")}  # fmt: skip
    text = (HOUSE / "docs/metrics-and-grafana.md").read_text()
    told = {re.sub(r"_(total|info)$", "", name) for name in re.findall(r"`(?:wattwire|energy)_([a-z_]+)", text)}

    assert told - {"edge_spent", "edge_displaced", "edge_dropped", "edge_held_back"} == there


def asked_for(pattern: str) -> set[str]:
    """Every $NAME of these flows."""
    texts = [path.read_text() for path in (HOUSE / "flows").glob(pattern)]
    return {name for text in texts for name in re.findall(r"\$([A-Z_0-9]+)", text)}


def test_the_listed_names_are_what_the_flow_asks_for_and_no_more() -> None:
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", (HOUSE / "docs/your-own-house.md").read_text(), re.MULTILINE))

    assert listed == asked_for("intelligent_octopus.yaml") >= asked_for("parts/*.yaml")


def test_the_example_environment_is_what_the_flows_ask_for_and_no_more() -> None:
    assert set(dotenv(HOUSE / "tests/world/example.env")) == asked_for("*.yaml")


def test_the_command_is_there_by_its_module() -> None:
    told = subprocess.run([sys.executable, "-m", "wattwire.flows", "--version"], capture_output=True, text=True)

    assert re.match(r"wattwire \d+\.\d+", told.stdout)
