"""Every tariff of `flows/tariffs` comes out as the cases beside it say; a next change by a supplier is a file."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wattwire.flows.commands.tariffs import SHIPPED, cases, misses, rules
from wattwire.flows.engine.bodies import decode, encode
from wattwire.nodes.allowance import Allowance
from wattwire.nodes.half_hours import Window
from wattwire.nodes.rate_resolver import Config
from wattwire.nodes.tariff_cases import Case, rate
from wattwire.nodes.tariff_rules import Banded, Fallback, Rules, fitting

FOLDER = SHIPPED
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


def tariff(name: str) -> Rules:
    return rules(FOLDER / f"{name}.yaml")


def told() -> Iterator[Any]:
    for name in NAMES:
        for case in cases(FOLDER / f"{name}.yaml"):
            yield pytest.param(name, case, id=f"{name}: {case.says}")


@pytest.mark.parametrize(("name", "case"), list(told()))
def test_a_tariff_comes_out_as_its_cases_say(name: str, case: Case) -> None:
    found = encode(rate(tariff(name), case))

    assert {field: found[field] for field in case.expect} == case.expect


@pytest.mark.parametrize("name", NAMES)
def test_a_tariff_says_what_it_is_and_when_its_prices_were_read(name: str) -> None:
    found = tariff(name)

    assert found.title
    assert found.price == Fallback() or (found.read and found.source)


@pytest.mark.parametrize("name", NAMES)
def test_every_tariff_has_cases(name: str) -> None:
    assert len(cases(FOLDER / f"{name}.yaml")) > 1


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("INTELLI-VAR-24-10-29", "intelligent_go"),
        ("INTELLI-FIX-12M-25-04-10", "intelligent_go"),
        ("INTELLI-22-03-29", "intelligent_go"),
        ("IOG-KDP-FIX-12M-25-04-10", "intelligent_go"),
        ("IOG-SMB-VAR-24-10-29", "intelligent_go_four_rate"),
        ("IOG-SMB-TOU-25-12-12", "intelligent_go_four_rate"),
        ("INTELLI-FLUX-IMPORT-23-07-14", "intelligent_flux"),
        ("FLUX-IMPORT-23-02-14", "flux"),
        ("AGILE-24-10-01", "agile"),
        ("COSY-22-12-08", "cosy"),
        ("GO-VAR-22-10-14", "go"),
        ("GO-5H-2030-21-06-01", "go_faster"),
        ("VAR-22-11-01", None),
        ("OUTGOING-VAR-24-10-26", None),
        ("AGILE-OUTGOING-19-05-13", None),
    ],
)
def test_a_product_code_tells_its_tariff(product: str, name: str | None) -> None:
    assert fitting(product, {name: tariff(name) for name in NAMES}) == name


MADE_UP = """
title: Weekday peaks by a meter that knows no summer time, and weekends that are cheap from the evening on
windows:
  - {from: "00:00", until: "08:00", clock: utc, days: [mon, tue, wed, thu, fri]}
  - {from: "19:00", until: "08:00", clock: utc, days: [sat, sun]}
  - {from: "16:00", until: "19:00", clock: utc, days: [mon, tue, wed, thu, fri], band: peak}
car: credit
dispatch: car
credit: 9.5
price: {cheap: 11.0, standard: 27.0, peak: 44.0}
read: "2026-11-20"
source: made up
"""


@pytest.mark.parametrize(
    ("at", "expect"),
    [
        (
            "2026-11-20T15:59:59Z",
            {"tier": "standard", "house": 27.0, "next": {"at": "2026-11-20T16:00:00Z", "house": 44.0}},
        ),
        ("2026-11-20T16:00:00Z", {"tier": "peak", "band": "standard", "house": 44.0, "car": 44.0}),  # a Friday
        ("2026-11-21T16:00:00Z", {"tier": "standard", "house": 27.0}),
        ("2026-11-21T19:00:00Z", {"tier": "cheap", "house": 11.0}),
        ("2026-11-22T07:59:59Z", {"tier": "cheap", "rung_at": "2026-11-21T19:00:00Z"}),
        ("2026-11-22T08:00:00Z", {"tier": "standard", "next": {"at": "2026-11-22T19:00:00Z", "house": 11.0}}),
        ("2026-11-23T07:00:00Z", {"tier": "cheap", "why": "inside the fixed window until 08:00"}),  # Sunday's night
        ("2026-07-03T15:00:00Z", {"tier": "standard"}),
        ("2026-07-03T18:59:59Z", {"tier": "peak", "why": "inside the peak hours until 20:00"}),  # 16:00 to 19:00 UTC
        ("2026-11-21T03:00:00Z", {"tier": "standard"}),  # Saturday before its window
    ],
)
def test_a_next_tariff_is_an_edit_to_a_file(at: str, expect: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "made_up.yaml").write_text(MADE_UP)
    case = Case(says="", at=datetime.fromisoformat(at).astimezone(UTC), expect=expect)
    found = encode(rate(rules(tmp_path / "made_up.yaml"), case))

    assert {field: found[field] for field in expect} == expect


def test_a_credit_may_be_so_many_pence_whatever_the_house_pays(tmp_path: Path) -> None:
    (tmp_path / "made_up.yaml").write_text(MADE_UP)
    case = decode(Case, {"says": "", "at": "2026-11-20T16:10:00Z", "expect": {}, "power": 7000, "dispatches": [
        {"start": "2026-11-20T16:00:00Z", "end": "2026-11-20T17:00:00Z"}]})  # fmt: skip
    found = rate(rules(tmp_path / "made_up.yaml"), case)

    assert (found.band, found.house, found.car, found.credit) == ("standard", 44.0, 34.5, 9.5)


# The page about them


PAGE = (Path(__file__).parents[2] / "docs" / "tariffs.md").read_text()


def test_the_page_names_every_tariff() -> None:
    assert sorted(re.findall(r"^\| `(\w+)` \| .* \| .* \| .* \|$", PAGE, re.MULTILINE)) == NAMES


def test_the_page_names_every_key() -> None:
    keys = [
        key for row in re.findall(r"^\| (`.*?) \| .* \|$", PAGE, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
    ]

    assert {f.name for f in fields(Rules)} <= set(keys)


def test_the_tariff_on_the_page_is_what_its_cases_say(tmp_path: Path) -> None:
    blocks = (
        "\n".join(line[4:] for line in t.splitlines()) for t in re.findall(r"((?:^ {4}.*\n)+)", PAGE, re.MULTILINE)
    )
    tariff, told = (b for b in blocks if b.startswith(("title:", "- {says:")))
    (tmp_path / "cases").mkdir()
    (tmp_path / "made_up.yaml").write_text(tariff)
    (tmp_path / "cases" / "made_up.yaml").write_text(told)
    known = cases(tmp_path / "made_up.yaml")

    assert len(known) == 2
    assert list(misses(tmp_path / "made_up.yaml", known)) == []


# Settings of the flow


NIGHT, PEAK = Banded(from_=Window().from_, until=Window().until), Banded(band="peak")
TARIFF = Rules(
    windows=(Banded(until=Window().from_, from_=Window().until), PEAK),
    dispatch="car",
    price=Fallback(cheap=1.0, standard=2.0),
    allowance=Allowance(hours=3),
)


def test_without_a_tariff_the_settings_are_intelligent_octopus() -> None:
    found = Config().rules

    assert (found.windows, found.dispatch, found.car) == ((NIGHT,), "house", "apart")
    assert found.allowance == Allowance()


def test_what_a_flow_leaves_out_is_the_tariffs() -> None:
    assert Config(tariff=TARIFF).rules == TARIFF


def test_what_a_flow_says_beats_the_tariff_even_where_it_says_the_default() -> None:
    told = Config(tariff=TARIFF, window=Window(), price=Fallback(cheap=9.0), allowance=Allowance()).rules
    none = Config(tariff=TARIFF, window=False, allowance=None).rules

    assert told.windows == (NIGHT, PEAK)
    assert told.price == Fallback(cheap=9.0, standard=2.0)
    assert told.allowance == Allowance()
    assert (none.windows, none.allowance) == ((PEAK,), None)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"read": "last week"}, "read is a date"),
        ({"timezone": "Europe/Londn"}, "there is no"),
    ],
)
def test_a_tariff_that_cannot_be_meant_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Rules(**settings)


def test_lists_are_by_time_unless_a_file_says_otherwise() -> None:
    assert {name for name in NAMES if tariff(name).lists.kind == "by_band"} == {
        "intelligent_go_four_rate",
        "economy_7",
    }
