from typing import Any

import pytest

from wattwire.nodes import Emit
from wattwire.nodes.switch import Config, switch


@pytest.mark.parametrize(
    ("settings", "body", "port"),
    [
        ({"field": "plugged"}, {"plugged": True}, "yes"),
        ({"field": "plugged"}, {"plugged": False}, "no"),
        ({"field": "plugged"}, {"plugged": None}, "unknown"),  # null is not false
        ({"field": "plugged"}, {}, "unknown"),
        ({"field": "plugged"}, {"plugged": "yes"}, "unknown"),  # a word is no truth
        ({"field": "plugged"}, None, "unknown"),  # a nudge without a body
        ({}, True, "yes"),
        ({"field": "band", "equals": "cheap"}, {"band": "cheap"}, "yes"),
        ({"field": "band", "equals": "cheap"}, {"band": "Cheap"}, "no"),
        ({"field": "price", "equals": 0}, {"price": 0.0}, "yes"),
        ({"field": "price", "equals": 0}, {"price": False}, "no"),
        ({"field": "plugged", "equals": False}, {"plugged": False}, "yes"),
        ({"field": "plugged", "equals": False}, {"plugged": 0}, "no"),
        ({"field": "state", "among": ("asleep", "offline")}, {"state": "offline"}, "yes"),
        ({"field": "state", "among": ("asleep", "offline")}, {"state": "online"}, "no"),
        ({"field": "soc", "above": 80}, {"soc": 80.5}, "yes"),
        ({"field": "soc", "above": 80}, {"soc": 80}, "no"),
        ({"field": "soc", "above": 0}, {"soc": -1}, "no"),
        ({"field": "soc", "below": 20}, {"soc": 19}, "yes"),
        ({"field": "soc", "below": 20}, {"soc": 20}, "no"),
        ({"field": "soc", "below": 20}, {"soc": "19"}, "unknown"),
        ({"field": "soc", "below": 20}, {"soc": False}, "unknown"),
        ({"field": "next.house", "below": 10}, {"next": {"house": 7.0}}, "yes"),
        ({"field": "next.house", "below": 10}, {"next": None}, "unknown"),
        ({"field": "dispatches.0.kind", "equals": "smart"}, {"dispatches": [{"kind": "smart"}]}, "yes"),
        ({"field": "dispatches.1.kind", "equals": "smart"}, {"dispatches": [{"kind": "smart"}]}, "unknown"),
    ],
)
def test_a_message_leaves_by_what_its_field_says(settings: dict[str, Any], body: object, port: str) -> None:
    assert switch(Config(**settings), body) == Emit(port, body)


def test_two_questions_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="one of equals, among, above and below"):
        Config(above=0, equals="cheap")
