"""Other people's cases of Intelligent Octopus, held against rateResolver: each group through a small adapter."""

import pytest
from case_questions import ADAPTERS
from case_talk import CASES, Json, at, config, plan, rate

from wattwire.nodes.allowance import Allowance

NOT_OURS = {
    "A12": "there is no least length of a dispatch: by our decision one second makes its half hour cheap",
    "F07": "krakenAccount reads tariff codes: test_kraken_cases tries it",
    "F08": "krakenAccount reads tariff codes: test_kraken_cases tries it",
    "F12": "krakenAccount reads agreements: test_kraken_cases tries it",
    "F15": "krakenAccount reads agreements: test_kraken_cases tries it",
    "L01": "chargePreferences and smartControl write the settings: test_charge_preferences tries it",
    "L04": "chargePreferences and smartControl write the settings: test_charge_preferences tries it",
    "L05": "chargePreferences and smartControl write the settings: test_charge_preferences tries it",
    "L06": "chargePreferences and smartControl write the settings: test_charge_preferences tries it",
    "M02": "the kraken nodes read replies: test_kraken_cases tries it",
    "M03": "the kraken nodes read replies: test_kraken_cases tries it",
    "M04": "the kraken nodes read replies: test_kraken_cases tries it",
    "M08": "the kraken nodes read replies: test_kraken_cases tries it",
    "M11": "the kraken nodes read replies: test_kraken_cases tries it",
    "M12": "the kraken nodes read replies: test_kraken_cases tries it",
    "M13": "the kraken nodes read replies: test_kraken_cases tries it",
    "M15": "the kraken nodes read replies: test_kraken_cases tries it",
    "M16": "the kraken nodes read replies: test_kraken_cases tries it",
}

OURS = [pytest.param(case, id=name) for name, case in CASES.items() if name not in {*NOT_OURS, "G13"}]


@pytest.mark.parametrize("case", OURS)
def test_a_case_of_other_people_comes_out_as_they_say(case: Json) -> None:
    found, expected = ADAPTERS[case["function"]]

    assert found(case["given"]) == (expected(case["expect"]) if expected else case["expect"])


def test_a_dispatch_of_no_energy_is_reckoned_with_until_it_begins() -> None:
    given = CASES["G13"]["given"]
    cfg, morning, one = config(allowance=Allowance()), at("2026-01-15T10:00:00Z"), at("2026-01-15T13:00:00Z")
    first, second = (rate(cfg, now, plan(now, given["dispatches"])).next for now in (morning, one))

    assert first is not None
    assert second is not None
    assert (first.at, first.house) == (at("2026-01-15T13:00:00Z"), 4.0)
    assert (second.at, second.house) == (at("2026-01-15T19:00:00Z"), 10.0)


def test_every_case_is_either_tried_or_said_to_be_somebody_elses() -> None:
    assert len(CASES) == 83
    assert NOT_OURS.keys() <= CASES.keys()
    assert {c["function"] for name, c in CASES.items() if name not in NOT_OURS} == ADAPTERS.keys()
