"""Settings in files of their own: `tariff: night` of the node `biller` in palette/."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

import wattwire.flows
from wattwire.flows.engine.deploying import difference
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.manual import describe
from wattwire.flows.engine.palette import survey
from wattwire.flows.engine.reasons import FlowError
from wattwire.flows.engine.schema import schema

PALETTE = Path(__file__).parent / "palette"
NIGHT = "kind: bands\nbands:\n  - {from: 23:30, price: 7}\n  - {from: 05:30, price: 27.5}\nslot: 5m\n"


def written(folder: Path, **files: str) -> Path:
    """A flow at `house/f.yaml`, and the files that are named; `__` is a folder's slash."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "house" / "f.yaml"


def flow(tariff: str, folder: Path, **files: str) -> Flow:
    text = f"flow: f\nnodes:\n  it: {{type: biller, config: {{tariff: {tariff}}}}}\n"
    path = written(folder, **{"house__f": text, **files})
    return load(path, env={"WHICH": "night"}, nodes_dirs=[PALETTE])


def reasons(tariff: str, folder: Path, **files: str) -> list[str]:
    with pytest.raises(FlowError) as refused:
        flow(tariff, folder, **files)
    return [str(r).replace(f"{folder}/", "") for r in refused.value.reasons]


def slot(it: Flow) -> timedelta:
    tariff: Any = it.nodes["it"].config.tariff
    return timedelta(tariff.slot.days, tariff.slot.seconds)


def test_a_name_is_read_into_the_settings_own_types(tmp_path: Path) -> None:
    found = flow("night", tmp_path, house__bills__night=NIGHT)
    tariff = found.nodes["it"].config.tariff

    assert [(band.from_, band.price) for band in tariff.bands] == [(time(23, 30), 7.0), (time(5, 30), 27.5)]
    assert (tariff.kind, tariff.slot) == ("bands", timedelta(minutes=5))
    assert found.files == (str(tmp_path / "house/f.yaml"), str(tmp_path / "house/bills/night.yaml"))


@pytest.mark.parametrize(
    ("tariff", "places", "minutes"),
    [
        ("night", ["house__night", "house__bills__night"], 1),  # beside the flow first
        ("night", ["house__bills__night", "night"], 1),
        ("night.yaml", ["house__bills__night"], 1),
        ("./own/night.yaml", ["house__own__night", "house__bills__night"], 1),
        ("../night.yaml", ["night"], 1),
        ("$WHICH", ["house__bills__night"], 1),
        ("f", ["house__bills__f"], 1),  # the flow of that name is none
    ],
)
def test_where_a_file_is_looked_for(tmp_path: Path, tariff: str, places: list[str], minutes: int) -> None:
    files = {name: f"slot: {minute}m" for minute, name in enumerate(places, 1)}

    assert slot(flow(tariff, tmp_path, **files)) == timedelta(minutes=minutes)


def test_the_shipped_files_come_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wattwire.flows, "__file__", str(tmp_path / "shipped" / "__init__.py"))
    files = {"shipped__bills__night": "slot: 1m", "shipped__bills__day": "slot: 2m", "house__bills__day": "slot: 3m"}

    assert slot(flow("night", tmp_path, **files)) == timedelta(minutes=1)
    assert slot(flow("day", tmp_path, **files)) == timedelta(minutes=3)


def test_a_mapping_in_the_flow_does_as_well(tmp_path: Path) -> None:
    inline, named = flow("{slot: 7m}", tmp_path), flow("seven", tmp_path, house__seven="slot: 7m\n")

    assert slot(inline) == timedelta(minutes=7)
    assert named.revision == inline.revision
    assert flow("null", tmp_path).nodes["it"].config.tariff is None


@pytest.mark.parametrize(
    ("tariff", "files", "reason"),
    [
        (
            "nihgt",
            {"house__bills__night": NIGHT, "house__bills__day": "", "house__bills__day.cases": ""},
            "house/f.yaml:3:39: it: setting tariff: no file nihgt.yaml here, in bills/ or among the shipped ones; "
            "did you mean 'night'? There are day, night",
        ),
        ("night", {}, "house/f.yaml:3:39: it: setting tariff: no file night.yaml here, in bills/ or among the shipped "
         "ones"),
        ("$NO", {}, "house/f.yaml:3:39: $NO is not set"),
        ("5", {}, "house/f.yaml:3:39: it: setting tariff is 5, not {kind, bands, slot}"),
        ("n", {"house__n": "slot: 5\n"},
         "house/n.yaml:1:7: it: setting tariff.slot is 5, not a duration; a duration carries a unit: 10s, 5m, 1h"),
        ("n", {"house__n": "kind: flat\ncases: []\n"},
         "house/n.yaml:2:1: it: setting tariff: no setting 'cases'; there are bands, kind, slot"),
        ("n", {"house__n": "bands:\n  - {price: 7}\n"},
         "house/n.yaml:2:5: it: setting tariff.bands[0].from is missing"),
        ("n", {"house__n": "# no bands\nkind: bands\n"},
         "house/n.yaml:2:7: it: setting tariff: kind is bands, and there are none"),
        ("n", {"house__n": "slot: 5m\nslot: 6m\n"}, "house/n.yaml:2:1: 'slot' is already given on line 1"),
        ("n", {"house__n": ""}, "house/n.yaml:1:1: it: setting tariff: the file holds null, not settings"),
        ("n", {"house__n": "[1]"}, "house/n.yaml:1:1: it: setting tariff: the file holds a list, not settings"),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_stands(tmp_path: Path, tariff: str, files: dict[str, str], reason: str) -> None:
    assert reasons(tariff, tmp_path, **files) == [reason]


def test_every_fault_of_flow_and_file_is_told_at_once(tmp_path: Path) -> None:
    told = reasons("n, nam: x", tmp_path, house__n="slot: 5\nkind: no\n")

    assert [r.partition(" ")[0] for r in told] == ["house/f.yaml:3:42:", "house/n.yaml:1:7:", "house/n.yaml:2:7:"]


def test_a_file_that_is_none_is_a_reason_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "n.yaml").write_bytes(b"slot: \xff")

    assert reasons("n", tmp_path) == ["house/f.yaml:3:39: house/n.yaml is not UTF-8 at byte 6"]


def test_without_names_a_name_that_waits_for_one_is_left_open(tmp_path: Path) -> None:
    flow("$WHICH", tmp_path, house__night="slot: 1m")
    drawn = load(tmp_path / "house" / "f.yaml", nodes_dirs=[PALETTE], resolve=False)

    assert drawn.nodes["it"].config.tariff is None


def test_an_including_flow_gives_another_from_its_own_folder(tmp_path: Path) -> None:
    flow("night", tmp_path, house__bills__night="slot: 1m")
    outer = "flow: g\ninclude: house/f.yaml\nnodes:\n  it: {config: {tariff: night}}\n"
    written(tmp_path, g=outer, bills__night="slot: 2m")

    assert slot(load(tmp_path / "g.yaml", env={}, nodes_dirs=[PALETTE])) == timedelta(minutes=2)


def test_a_changed_file_is_a_changed_node(tmp_path: Path) -> None:
    before = flow("night", tmp_path, house__night="slot: 1m")
    after = flow("night", tmp_path, house__night="slot: 2m")

    assert before.revision != after.revision
    assert difference(before, after, {"it": None}, ["it"]).changed == ("it",)
    assert not difference(before, flow("night", tmp_path, house__night="slot: 60s"), {"it": None}, ["it"])


def test_the_schema_allows_a_name_or_a_mapping_and_the_palette_says_so() -> None:
    biller = survey([PALETTE]).known["biller"]
    tariff = schema({"biller": biller})["$defs"]["biller.config"]["properties"]["tariff"]
    (told, _) = describe(biller)["settings"]

    assert tariff["anyOf"][0] == {"type": "string"}
    assert tariff["anyOf"][1]["type"] == ["object", "null"]
    assert told["kind"] == "a name of a file in bills/, or {kind, bands, slot} or null"
