"""What the node contract reads off a node file, and what it refuses before anything runs."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from wattwire.nodes import (
    CRASHED,
    Due,
    Emit,
    Event,
    Fault,
    Kept,
    Node,
    Now,
    Port,
    Ports,
    Secret,
    Started,
    keep,
    secret,
    volatile,
)
from wattwire.nodes.messages import Car, Plan, Rate, Tick, Token

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Config:
    key: Secret = Secret("hunter2")  # noqa: RUF009 it is frozen


class Out(Ports):
    cheap: Port[Rate] = keep("rate")
    standard: Port[Rate] = keep("rate")
    failed: Port[Fault]


def declared(run: Callable[..., Any], **more: Any) -> Node:
    return Node("it", Config, Out, run, **more)


# Out ports


def test_an_out_port_makes_the_message_that_leaves_through_it() -> None:
    assert Out.failed(Fault("no answer")) == Emit("failed", Fault("no answer"))


def test_ports_that_are_kept_under_one_name_clear_each_other() -> None:
    assert [(p.name, p.keep, p.instead) for p in Out.all.values()] == [
        ("cheap", True, "rate"),
        ("standard", True, "rate"),
        ("failed", False, ""),
    ]


def test_every_node_can_crash_and_says_so() -> None:
    assert declared(lambda cfg: None).outs[CRASHED] == Port("crashed", Fault)


def test_a_node_need_not_send_anything() -> None:
    class Silent(Ports):
        pass

    assert Silent.all == {}


@pytest.mark.parametrize("name", ["in", "all", "crashed", "_hidden"])
def test_names_that_topics_and_the_engine_need_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name}: not a name for a port"):
        type("Bad", (Ports,), {"__annotations__": {name: Port[Tick]}})


def test_a_secret_is_never_retained() -> None:
    with pytest.raises(TypeError, match="token: a secret is never retained"):
        type("Bad", (Ports,), {"__annotations__": {"token": Port[Token]}, "token": keep()})


@dataclass(frozen=True)
class Pair:
    by_name: Mapping[str, tuple[Token, ...]]


@pytest.mark.parametrize(
    ("kind", "told"), [(Secret, True), (Token, True), (Pair, True), (Secret | None, True), (Rate, False), (str, False)]
)
def test_a_secret_is_found_at_any_depth(kind: object, told: bool) -> None:
    assert secret(kind) is told


# In ports


def plain(cfg: Config, poll: object) -> None: ...
def typed(cfg: Config, plan: Plan) -> None: ...
def memory(cfg: Config, tick: Tick, *, plan: Plan | None, last: object) -> None: ...
def several(cfg: Config, tick: Tick | None, plan: Kept[Plan] | None, go: object) -> None: ...
def timed(cfg: Config, tick: Tick, now: Now) -> None: ...
def source(cfg: Config, event: Started | Due, now: Now) -> None: ...
def both(cfg: Config, tick: Tick | None, event: Event | None, *, car: Car | None) -> None: ...


@pytest.mark.parametrize(
    ("run", "ins"),
    [
        (plain, "poll: object, triggers"),
        (typed, "plan: Plan, triggers"),
        (memory, "tick: Tick, triggers; plan: Plan, remembered; last: object, remembered"),
        (several, "tick: Tick, triggers; plan: Plan, triggers, remembered; go: object, triggers"),
        (timed, "tick: Tick, triggers"),
        (source, ""),
        (both, "tick: Tick, triggers; car: Car, remembered"),
    ],
)
def test_in_ports_are_the_functions_parameters(run: Callable[..., Any], ins: str) -> None:
    read_off = declared(run).ins.values()

    told = [
        f"{i.name}: {i.carries.__name__}{', triggers' * i.triggers}{', remembered' * i.remembered}" for i in read_off
    ]
    assert "; ".join(told) == ins


@pytest.mark.parametrize(("run", "now"), [(timed, "now"), (source, "now"), (typed, None)])
def test_the_time_is_a_parameter_and_no_port(run: Callable[..., Any], now: str | None) -> None:
    assert declared(run).now == now


def test_events_are_a_parameter_and_no_port() -> None:
    node = declared(source)

    assert (node.event, set(node.events)) == ("event", {Started, Due})
    assert (declared(typed).event, declared(typed).events) == (None, ())
    assert set(declared(both).events) >= {Started, Due}


@dataclass(frozen=True)
class State:
    count: int = 0
    seen: Mapping[str, int] = volatile(dict)


def test_state_comes_before_the_ports() -> None:
    def step(cfg: Config, state: State, tick: Tick) -> tuple[State, list[Emit]]:
        return state, []

    node = Node("it", Config, Out, step, state=State)

    assert (list(node.ins), node.state) == (["tick"], State)
    assert [f.name for f in dataclasses.fields(State) if f.metadata.get("volatile")] == ["seen"]


def test_an_adapters_in_ports_are_declared() -> None:
    class In(Ports):
        lease: Port[Rate]

    async def serve(cfg: Config, link: object) -> None: ...

    node = Node("it", Config, Out, serve=serve, ins=In)

    assert [(i.name, i.carries, i.triggers, i.remembered) for i in node.ins.values()] == [("lease", Rate, True, False)]


def lonely(cfg: Config, tick: Tick, plan: Plan) -> None: ...
def unprepared(cfg: Config, tick: Tick, *, plan: Plan) -> None: ...
def number(cfg: Config, amount: int) -> None: ...
def either(cfg: Config, body: Plan | Rate) -> None: ...
def eventful(cfg: Config, tick: Tick, event: Started | None) -> None: ...


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (lonely, "tick is one of several that trigger; make it tick: … | None"),
        (unprepared, "plan may not have been seen yet; make it plan: … | None"),
        (number, "amount must be a message body, or object"),
        (either, "body must be a message body, or object"),
        (eventful, "tick is one of several that trigger; make it tick: … | None"),
    ],
)
def test_a_function_that_could_not_be_called_is_refused(run: Callable[..., Any], why: str) -> None:
    with pytest.raises(TypeError, match=why.replace("|", r"\|")):
        declared(run)


def test_a_state_without_a_first_value_is_refused() -> None:
    @dataclass(frozen=True)
    class Unready:
        count: int

    with pytest.raises(TypeError, match="every field of its state needs a default"):
        declared(plain, state=Unready)


def test_a_node_is_a_function_or_an_adapter() -> None:
    with pytest.raises(TypeError, match="a function or a serve, not both"):
        Node("it", Config, Out)
    with pytest.raises(TypeError, match="a function or a serve, not both"):
        declared(plain, serve=lambda cfg, link: None)
