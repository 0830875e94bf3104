"""Other people's cases of Octopus's replies and accounts, held against what reads them here."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wattwire.nodes import Fault, Json, Reply
from wattwire.nodes.kraken_accounts import choose, in_force, tariff_code
from wattwire.nodes.kraken_device import Config as DeviceConfig
from wattwire.nodes.kraken_device import read as read_devices
from wattwire.nodes.kraken_refusals import hindrance, reasons

FILE = Path(__file__).resolve().parent.parent / "world" / "cases" / "kraken.json"
CASES: dict[str, Any] = {case["id"]: case for case in json.loads(FILE.read_text())["cases"]}


def parts(given: Any) -> Any:
    code = tariff_code(given["tariff_code"])
    return code and {"energy": code.energy, "registers": code.registers, "product": code.product, "region": code.region}


def running(given: Any) -> Any:
    found = in_force(given["agreements"], datetime.fromisoformat(given["now"]))
    return found and found.tariff


def chosen(given: Any) -> Any:
    found = choose(given["accounts"], given["wanted"])
    return f"error:{found.code}" if isinstance(found, Fault) else found


def meant(given: Any) -> Any:
    """The case's own words for our outcomes."""
    body = given["body"]
    reply = Reply(given["http_status"], None if isinstance(body, str) else body, body if isinstance(body, str) else "")
    found = hindrance(reply)
    if found and found.port == "refused":
        return {"boost_refused": reasons(reply)[0]}
    words = {"unauthorised": "auth_error", "blocked": "edge_blocked_keep_token"}
    return found and words.get(found.port, found.port)


def usable(given: Any) -> Any:
    answer: dict[str, Json] = {"errors": [{"message": "m", **e} for e in given["errors"]], "data": given["data"]}
    return (
        read_devices(DeviceConfig(account="A-1"), Reply(200, answer, at=datetime(2026, 1, 1, tzinfo=UTC))).port
        == "device"
    )


ADAPTERS: dict[str, Callable[[Any], Any]] = {
    "parse_tariff_code": parts,
    "active_agreement": running,
    "choose_account": chosen,
    "classify_graphql": meant,
    "only_field_failed": usable,
}
OURS = [pytest.param(case, id=name) for name, case in CASES.items() if case["function"] in ADAPTERS]


@pytest.mark.parametrize("case", OURS)
def test_a_case_of_other_people_comes_out_as_they_say(case: Any) -> None:
    assert ADAPTERS[case["function"]](case["given"]) == case["expect"]


def test_none_is_missed() -> None:
    assert {case.id for case in OURS} == {
        *("F07", "F08", "F12", "F15"),
        *("M02", "M03", "M04", "M08", "M11", "M12", "M13", "M15", "M16"),
    }
