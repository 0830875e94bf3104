"""What README says of how it was tried is counted here, so that the sentence cannot rot."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text()
WORLD = TESTS / "world" / "cases"


def ids(file: str) -> set[str]:
    return {case["id"] for case in json.loads((WORLD / file).read_text())["cases"]}


def module(name: str) -> dict[str, Any]:
    return runpy.run_path(str(TESTS / "nodes" / f"{name}.py"))


def of_octopus() -> tuple[set[str], set[str]]:
    every = ids("kraken.json")
    driven = every - module("test_rate_resolver_cases")["NOT_OURS"].keys()
    driven |= {case.id for case in module("test_kraken_cases")["OURS"]}
    driven |= set(re.findall(r'"(L\d\d)"', (TESTS / "nodes" / "test_charge_preferences.py").read_text()))
    return every, driven & every


def of_tesla() -> tuple[set[str], set[str]]:
    driven = ids("tesla.json") | ids("tesla_commands.json")
    return driven | json.loads((WORLD / "tesla.json").read_text())["left_out"].keys(), driven


def test_all_of_octopus_s_cases_are_driven_but_the_one_for_a_setting_that_we_do_not_have() -> None:
    every, driven = of_octopus()

    assert every - driven == {"A12"}


def test_all_of_tesla_s_cases_are_driven_but_those_of_one_peer_s_own_timings() -> None:
    every, driven = of_tesla()

    assert every - driven == {"TV-08", "TV-12", "TV-17", "TV-18", "TV-20", "TV-22", "TV-26"}


@pytest.mark.parametrize(("name", "cases"), [("Octopus", of_octopus), ("Tesla", of_tesla)])
def test_readme_counts_the_cases_as_they_are(name: str, cases: Any) -> None:
    every, driven = cases()
    told = re.search(rf"^\| {name}[^|]*\| (\d+) \| (\d+) \|", README, re.MULTILINE)

    assert told is not None
    assert [int(n) for n in told.groups()] == [len(every), len(driven)]


def test_readme_counts_the_scripts_as_they_are() -> None:
    told = re.search(r"(\d+) scripts", README)

    assert told is not None
    assert int(told[1]) == len(list((TESTS / "flows" / "scripts").glob("*.yaml")))
