"""The breaks of `make broken` still have their place, and the tool itself can tell a break that nobody notices."""

from __future__ import annotations

import pytest

from tests.broken.__main__ import ROOT, Break, listed, tried

BREAKS = listed()


@pytest.mark.parametrize("it", BREAKS, ids=[it.promise for it in BREAKS])
def test_a_break_has_its_place_and_its_test(it: Break) -> None:
    assert (ROOT / it.file).read_text().count(it.was) == 1
    assert it.was != it.becomes
    assert all((ROOT / test.partition("::")[0]).exists() for test in it.test.split())


def test_a_break_that_nobody_notices_is_told_and_one_that_is_noticed_too() -> None:
    test = "tests/flows/test_durations.py"
    harmless = Break("nothing", "nodes/calls.py", "A value that never prints.", "A value.", test)
    harmful = Break("durations", "flows/engine/durations.py", '"m": 60_000', '"m": 61_000', test)

    noticed, how = tried(harmless)
    assert (noticed, how.partition(":")[0]) == (False, "pytest ended with 0")
    assert tried(harmful)[0]


def test_a_break_whose_place_is_gone_is_told() -> None:
    gone = Break("nothing", "nodes/calls.py", "text that is not there", "", "tests/flows/test_durations.py")

    assert tried(gone) == (False, "nodes/calls.py has the text 0 times that this break replaces")
