"""What a person writes by hand, as bytes: flows, tariffs, settings, secrets and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml
from byte_ground import filed, folder, tells_where, tells_why

from wattwire.flows.commands.try_ import Lent
from wattwire.flows.engine.loading import FlowError, load, load_text
from wattwire.flows.engine.names import Names, Unset, dotenv
from wattwire.flows.engine.script import ScriptError, read

ENV: Mapping[str, str] = Lent({})
NAMED: Mapping[str, Any] = {"type": "rateResolver", "config": {"tariff": "bad"}}


def flow(data: bytes) -> None:
    try:
        load(filed("flow.yaml", data), env=ENV)
    except FlowError as wrong:
        tells_where(wrong)


def tariff(data: bytes) -> None:
    filed("bad.yaml", data)
    text = yaml.dump({"flow": "a", "nodes": {"r": NAMED}, "ends": ["r.cheap", "r.standard", "r.unsure"]})
    try:
        load_text(text, file=str(folder() / "outer.yaml"), env=ENV)
    except FlowError as wrong:
        tells_where(wrong)


def env(data: bytes) -> None:
    try:
        found = dotenv(filed("env", data))
    except FlowError as wrong:
        tells_where(wrong)
    else:
        assert all(isinstance(v, str) for v in found.values())
        for name in found:
            name = name.removesuffix("_FILE")
            try:
                Names({}, folder() / "env").value(name)
            except Unset as unset:
                tells_why(unset)


def secret(data: bytes) -> None:
    file = str(filed("secret", data))
    try:
        text = Names({"A_FILE": file}).value("A")
    except Unset as unset:
        tells_why(unset)
    else:
        assert text


def script(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        read(text.splitlines(), _simple(), "s.jsonl")
    except ScriptError as wrong:
        tells_why(wrong, "s.jsonl:")


@cache
def _simple() -> Any:
    return load_text(
        "flow: a\nnodes: {s: {type: switch, config: {field: n, above: 1}}}\nends: [s.yes, s.no, s.unknown]"
    )
