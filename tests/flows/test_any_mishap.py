"""A small flow under every mishap that hypothesis can think of: nothing is lost, and nothing counts twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from mishaps import Mishaps, life
from numbers_flow import BOTH, Durability, flow, wrong
from processes import House


def test_nothing_is_lost_and_twice_does_no_harm_whatever_happens() -> None:
    run_state_machine_as_test(
        Mishaps,
        settings=settings(max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=[*HealthCheck]),
    )


@pytest.mark.parametrize("durability", BOTH)
@pytest.mark.parametrize("seed", range(30))
def test_nor_in_a_longer_life(seed: int, durability: Durability) -> None:
    assert life(seed, durability) == []


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("durability", BOTH)
def test_nor_in_many(durability: Durability) -> None:
    assert {seed: told for seed in range(1000, 1500) if (told := life(seed, durability))} == {}


def test_a_repetition_is_let_go_only_when_what_the_first_led_to_is_taken(tmp_path: Path) -> None:
    house = House(flow("broker"), tmp_path)
    with house.at_our_time():
        house.give("source.out", {"n": 1}, 1)
        house.deliver("relay")
        house.disconnect("relay")
        house.work("relay")
        house.connect("relay")
        house.work("relay")
        house.kill("relay")
        house.rest()
    house.close()

    assert wrong(house, 1, poison=False) == []
