"""The board, as far as it can be judged without a Grafana: what Grafana's own schema and linter would look at."""

import json
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

PROMETHEUS = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
UNITS = {"none", "s", "watt", "percent", "bytes", "reqps", "mps", "dateTimeFromNow", "suffix: p/kWh"}
KINDS = {"stat", "timeseries", "state-timeline", "table"}
ON_THE_BOARD = {
    "uid", "title", "description", "tags", "schemaVersion", "version", "editable", "graphTooltip", "timezone",
    "refresh", "time", "timepicker", "fiscalYearStartMonth", "links", "annotations", "templating", "panels",
}  # fmt: skip
ON_A_PANEL = {
    "id", "type", "title", "description", "datasource", "gridPos", "fieldConfig", "options", "targets",
    "transformations",
}  # fmt: skip
ON_A_TARGET = {"refId", "datasource", "expr", "legendFormat", "editorMode", "instant", "range", "format"}


def test_it_is_a_classic_board_with_a_fixed_uid(board: dict[str, Any]) -> None:
    assert (board["uid"], board["title"], board["schemaVersion"]) == ("wattwire-tonight", "Tonight", 41)
    assert board.keys() == ON_THE_BOARD
    assert "id" not in board


def test_it_asks_for_its_data_source_and_flow(board: dict[str, Any]) -> None:
    told = {v["name"]: (v["type"], v["query"]) for v in board["templating"]["list"]}

    assert told == {
        "DS_PROMETHEUS": ("datasource", "prometheus"),
        "flow": ("query", "label_values(wattwire_latency_seconds_count, flow)"),
    }


def test_panels_are_numbered_once(board: dict[str, Any]) -> None:
    numbers = [p["id"] for p in board["panels"]]

    assert len(set(numbers)) == len(numbers) > 20


def test_no_panel_covers_another_or_leaves_the_page(board: dict[str, Any]) -> None:
    places = [(p["title"], p["gridPos"]) for p in board["panels"]]

    assert [t for t, g in places if g["x"] < 0 or g["x"] + g["w"] > 24 or g["h"] < 1] == []
    assert [(t, u) for (t, g), (u, h) in combinations(places, 2) if overlap(g, h)] == []


def overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    across = a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
    return across and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def test_a_panel_says_what_it_shows_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel.keys() <= ON_A_PANEL
    assert panel["type"] in KINDS
    assert panel["title"]
    assert re.fullmatch(r"[A-Z].*\.", panel["description"])
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


def test_a_panel_asks_the_data_source_that_was_chosen(panel: dict[str, Any]) -> None:
    assert panel["datasource"] == PROMETHEUS
    assert [t["refId"] for t in panel["targets"]] == list("ABCDEFGH"[: len(panel["targets"])])
    for target in panel["targets"]:
        assert target.keys() == ON_A_TARGET
        assert target["datasource"] == PROMETHEUS


def test_a_panel_of_one_value_says_so_when_there_is_none(panel: dict[str, Any]) -> None:
    if panel["type"] == "stat":
        assert panel["fieldConfig"]["defaults"]["noValue"]


def test_a_query_is_about_the_chosen_flow_and_counts_over_grafanas_interval(panel: dict[str, Any]) -> None:
    for expr in (t["expr"] for t in panel["targets"]):
        names = re.findall(r"\b(?:up|(?:wattwire|energy)_\w+)\b", expr)

        assert names
        assert expr.count('flow=~"$flow"') == len(names)
        assert set(re.findall(r"(?:rate|increase)\([^\[]*\[([^\]]*)\]", expr)) <= {"$__rate_interval"}


@pytest.mark.prometheus
def test_prometheus_understands_every_query(board: dict[str, Any], tmp_path: Path) -> None:
    exprs = [t["expr"] for p in board["panels"] for t in p.get("targets", [])]
    filled = [e.replace("$__rate_interval", "1m").replace("$flow", "a|b") for e in exprs]
    rules = {"groups": [{"name": "board", "rules": [{"record": f"q{n}", "expr": e} for n, e in enumerate(filled)]}]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))

    checked = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.json"], capture_output=True, text=True)

    assert checked.returncode == 0, checked.stderr
    assert f"{len(exprs)} rules found" in checked.stdout


@pytest.mark.prometheus
def test_the_example_for_prometheus_is_one(deploy: Path) -> None:
    file = deploy / "prometheus/prometheus.yml"

    checked = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True)

    assert checked.returncode == 0, checked.stderr


def test_grafana_is_told_where_the_boards_are(deploy: Path) -> None:
    boards = yaml.safe_load((deploy / "grafana/provisioning/dashboards/wattwire.yaml").read_text())
    sources = yaml.safe_load((deploy / "grafana/provisioning/datasources/prometheus.yaml").read_text())

    assert [(p["type"], p["options"]["path"]) for p in boards["providers"]] == [
        ("file", "/etc/grafana/wattwire/boards")
    ]
    assert [s["type"] for s in sources["datasources"]] == ["prometheus"]
