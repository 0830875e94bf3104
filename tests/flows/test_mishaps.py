"""What goes wrong by a script's order: messages late and double, nodes dead at every step, cut links, wrong clocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from numbered import Config, Noted, Number, Out, noting, relay

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Backoff, Edge, Flow, FlowNode
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.rough import Rough
from wattwire.flows.engine.script import ScriptError, laid, read
from wattwire.nodes import Answer, Asked, Due, Emit, Listener, Node, Now, Port, Ports, Reply, Request, Started, Timer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Told(Ports):
    answered: Port[Number]
    silent: Port[Number]
    unknown: Port[Number]


def count(cfg: Config, state: Noted, n: Number) -> tuple[Noted, Emit]:
    return noting(state, n), Out.out(n)


def ask(cfg: Config, n: Number) -> Request:
    return Request(method="POST", url="http://simWorld.flow/", tag=str(n.n))


def read_(cfg: Config, reply: Reply) -> Emit:
    if reply.unknown:
        return Told.unknown(Number(0))
    return (Told.answered if reply.status == 200 else Told.silent)(Number(int(reply.tag)))


def world(cfg: Config, state: Noted, event: Asked | None) -> tuple[Noted, Answer]:
    return noting(state, Number(1)), Answer(Reply(200))


def ticks(cfg: Config, event: Started | Due | None, now: Now) -> list[Emit | Timer]:
    told: list[Emit | Timer] = [Out.out(Number(now.hour * 100 + now.minute))]
    return [*(told if isinstance(event, Due) else []), Timer("next", now + timedelta(minutes=10))]


def flow(*more: Edge) -> Flow:
    """first > second > last; a clock of its own; a node that asks the world."""
    kinds = {
        "first": Node("relay", Config, Out, relay),
        "second": Node("count", Config, Out, count, state=Noted),
        "last": Node("count", Config, Out, count, state=Noted),
        "asker": Node("asker", Config, Told, ask, read_),
        "careful": Node("careful", Config, Told, ask, read_, once=True),
        "ticks": Node("ticks", Config, Out, ticks),
        "simWorld": Node("simWorld", Config, Out, world, state=Noted, listen=lambda cfg: Listener()),
    }
    edges = (Edge("first.out", "second.n"), Edge("second.out", "last.n"), *more)
    return Flow("f", {name: FlowNode(name, kind, Config()) for name, kind in kinds.items()}, edges)


def at(seconds: float) -> str:
    return f"{NOON + timedelta(seconds=seconds):%FT%T.%fZ}"


def lived(*lines: dict[str, Any], of: Flow | None = None, minutes: float = 60) -> Rough:
    """Numbers 1 to 4 go into the first node, two seconds apart; lines say the second at which they are."""
    of = of or flow()
    given = [{"at": n * 2, "to": "first.n", "body": {"n": n}} for n in range(1, 5)]
    lines_ = sorted([*lines, *given], key=lambda line: float(line["at"]))
    texts = [json.dumps({**line, "at": at(line["at"])}) for line in lines_]
    bench = laid(of, read(texts, of), NOON, rough=True)
    assert isinstance(bench, Rough)
    bench.run(NOON + timedelta(minutes=minutes))
    return bench


def noted(bench: Bench, node: str) -> tuple[int, ...]:
    return tuple(bench.actors[node].state.all)


def told(bench: Bench, port: str) -> list[str]:
    return [f"{s.at - NOON}" for s in bench.seen if s.source == port]


def test_a_message_that_is_late_stays_before_those_behind_it() -> None:
    bench = lived({"at": 0, "delay": "first.out>second.n", "by": "30s"})

    assert told(bench, "second.out") == ["0:00:32", "0:00:32", "0:00:32", "0:00:32"]
    assert noted(bench, "second") == (1, 2, 3, 4)


def test_what_is_late_on_one_topic_is_overtaken_on_another() -> None:
    both = flow(Edge("second.out", "first.n", after=Backoff(timedelta(seconds=1))), Edge("first.out", "last.n"))
    bench = lived({"at": 0, "delay": "first.out>second.n", "by": "5m"}, of=both, minutes=1)

    assert (noted(bench, "second"), noted(bench, "last")) == ((), (1, 2, 3, 4))


def test_a_message_that_comes_twice_counts_once() -> None:
    bench = lived({"at": 0, "double": "second.out>last.n", "by": "3s"})

    assert noted(bench, "last") == (1, 2, 3, 4)
    assert bench.known == 1


@pytest.mark.parametrize("node", ["first", "second", "last"])
@pytest.mark.parametrize("step", ["before", "within", "asked", "kept", "torn", "sent"])
@pytest.mark.parametrize("away", ["0s", "5s"])
def test_whoever_dies_at_whatever_step_all_has_its_effect_once(node: str, step: str, away: str) -> None:
    bench = lived({"at": 3, "crash": node, "step": step, "for": away})

    assert (noted(bench, "second"), noted(bench, "last")) == ((1, 2, 3, 4), (1, 2, 3, 4))
    assert bench.faults == []


def test_who_is_away_is_told_later_what_it_missed() -> None:
    bench = lived({"at": 3, "crash": "second", "for": "2m"})

    assert told(bench, "second.out") == ["0:00:02", "0:02:03", "0:02:03", "0:02:03"]


@pytest.mark.parametrize("node", ["first", "second", "last"])
def test_over_a_cut_connection_nothing_is_lost_and_what_comes_again_is_known(node: str) -> None:
    bench = lived({"at": 3, "link": node, "for": "10s"})

    assert (noted(bench, "second"), noted(bench, "last")) == ((1, 2, 3, 4), (1, 2, 3, 4))


def test_what_a_broker_had_not_saved_when_it_was_killed_its_sender_sends_again() -> None:
    late = {"at": 0, "delay": "second.out>last.n", "by": "4s"}
    bench = lived(late, {"at": 4.5, "broker": "down"}, {"at": 60, "broker": "up"})

    assert (noted(bench, "second"), noted(bench, "last")) == ((1, 2, 3, 4), (1, 2, 3, 4))
    assert bench.known > 0


def number(of: int, to: str, second: float = 1) -> dict[str, Any]:
    return {"at": second, "to": f"{to}.n", "body": {"n": of}}


def test_a_slow_answer_is_waited_for_and_others_wait_with_it() -> None:
    slow = {"at": 0, "reply": {"node": "asker", "takes": "15s"}, "until": at(2)}
    bench = lived(slow, number(1, "asker"), number(2, "asker", 3))

    assert told(bench, "asker.answered") == ["0:00:16", "0:00:16"]
    assert [s.body for s in bench.seen if s.source == "asker.answered"] == [Number(1), Number(2)]


def test_nobody_waits_for_ever_and_whether_the_call_was_made_is_not_known() -> None:
    bench = lived({"at": 0, "reply": {"node": "asker", "takes": "5m"}, "once": True}, number(1, "asker"))

    assert told(bench, "asker.silent") == ["0:00:21"]
    assert noted(bench, "simWorld") == (1,)


def test_an_answer_may_be_lost_after_the_call_was_made() -> None:
    bench = lived({"at": 0, "reply": {"node": "asker", "lost": True}, "once": True}, number(1, "asker"))

    assert (told(bench, "asker.silent"), noted(bench, "simWorld")) == (["0:00:01"], (1,))


@pytest.mark.parametrize(("node", "port", "calls"), [("asker", "answered", 2), ("careful", "unknown", 1)])
def test_who_dies_during_a_call_asks_again_or_says_that_it_does_not_know(node: str, port: str, calls: int) -> None:
    bench = lived({"at": 0, "crash": node, "step": "asked", "for": "1s"}, number(1, node))

    assert told(bench, f"{node}.{port}") == ["0:00:02"]
    assert noted(bench, "simWorld") == (1,) * calls


def clocked(*lines: dict[str, Any]) -> list[str]:
    bench = lived(*lines)
    return [f"{s.at - NOON} {s.body.n}" for s in bench.seen if s.source == "ticks.out" and isinstance(s.body, Number)]


def test_a_clock_that_is_set_forward_brings_on_what_is_then_due() -> None:
    assert clocked({"at": 660, "clock": "+1h"})[:3] == ["0:10:00 1210", "0:11:00 1311", "0:21:00 1321"]


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    assert clocked({"at": 660, "clock": "-1h"})[:3] == ["0:10:00 1210", "0:20:02 1120", "0:30:02 1130"]


def test_a_wrong_clock_is_right_again_after_a_time() -> None:
    line = {"at": 660, "clock": "+1h", "until": at(700)}

    assert clocked(line)[1:3] == ["0:11:00 1311", "0:21:02 1221"]


@pytest.mark.parametrize("clock", ["+1h", "-1h"])
def test_an_edge_that_waits_is_not_held_up_by_a_clock(clock: str) -> None:
    waits = flow(Edge("last.out", "asker.n", after=Backoff(timedelta(minutes=10))))
    bench = lived({"at": 60, "clock": clock}, of=waits)

    [answered] = told(bench, "asker.answered")
    assert answered in ("0:01:00", "0:10:08")


CHANCE = {"late": "30%", "by": "5s", "double": "30%", "again": "20s", "crash": "20%", "away": "3s", "answers": "30%"}


def once(bench: Rough) -> bool:
    """Or an input was the death of its node three times."""
    return bool(bench.faults) or (noted(bench, "second"), noted(bench, "last")) == ((1, 2, 3, 4), (1, 2, 3, 4))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_chance_does_all_has_its_effect_once(seed: int) -> None:
    assert once(lived({"at": 0, "mishaps": {"seed": seed, **CHANCE}, "until": at(30)}))


def test_chance_does_the_same_again_and_tells_it_as_lines_without_chance() -> None:
    most = {"late": "50%", "by": "900ms", "double": "50%", "again": "20s"}
    one, two = (lived({"at": 0, "mishaps": {"seed": 2, **most}}) for _ in range(2))
    lines = one.mishaps.happened
    again = lived(*({**line, "at": (datetime.fromisoformat(line["at"]) - NOON).total_seconds()} for line in lines))

    assert len(lines) > 3
    assert one.seen == two.seen
    assert [(s.at, s.source) for s in again.seen] == [(s.at, s.source) for s in one.seen]


def test_whom_chance_spares_nothing_befalls() -> None:
    bench = lived({"at": 0, "mishaps": {"seed": 1, **CHANCE, "sparing": ["first", "second", "last", "ticks"]}})

    assert bench.mishaps.happened == []


def test_where_nothing_goes_wrong_it_is_the_same_evening() -> None:
    house = load("simulated_house", env={})
    one, two = (laid(house, [], NOON, rough=rough).run(NOON + timedelta(hours=1)) for rough in (False, True))

    assert len(one.seen) > 300
    assert one.seen == two.seen


WRONG = [
    ({"delay": "first.out>last.n", "by": "1s"}, "no edge first.out>last.n; an edge is from>to, as in the flow"),
    ({"delay": "first.out>second.n"}, "null is not a duration; a duration carries a unit: 10s, 5m, 1h"),
    ({"double": "first.out>second.n", "by": 3}, "3 is not a duration; a duration carries a unit: 10s, 5m, 1h"),
    ({"link": "first"}, "null is not a duration; a duration carries a unit: 10s, 5m, 1h"),
    (
        {"link": "nobody", "for": "1s"},
        "no node 'nobody'; there are asker, careful, edges, first, last, second, simWorld, ticks",
    ),
    ({"crash": "first", "step": "soon"}, "step must be one of before, within, asked, kept, torn, sent"),
    ({"clock": "1"}, "'1' is not a duration; a duration carries a unit: 10s, 5m, 1h"),
    ({"clock": 3}, "clock must be a duration such as +1h or -90s, by which it is ahead; 0s is right"),
    ({"clock": "+1h", "until": "2020-01-01T00:00:00Z"}, "until is not a later time: 2020-01-01T00:00:00Z"),
    ({"mishaps": {}}, "mishaps must be an object with a seed, which is a number"),
    ({"mishaps": {"seed": 1, "lost": "1%"}}, "no such key of mishaps: lost"),
    ({"mishaps": {"seed": 1, "late": 3}}, "3 is not a share such as 10%"),
    (
        {"mishaps": {"seed": 1, "sparing": ["x"]}},
        "no node 'x'; there are asker, careful, edges, first, last, second, simWorld, ticks",
    ),
    ({"reply": {"node": "asker", "takes": "long"}}, "'long' is not a duration; a duration carries a unit: 10s, 5m, 1h"),
    ({"reply": {"node": "asker", "lost": 1}}, "lost must be true or false"),
]


@pytest.mark.parametrize(("line", "reason"), WRONG, ids=[json.dumps(line) for line, _ in WRONG])
def test_what_cannot_be_ordered_is_refused(line: dict[str, Any], reason: str) -> None:
    with pytest.raises(ScriptError) as refused:
        read([json.dumps({"at": at(0), **line})], flow(), "s.jsonl")

    assert refused.value.reasons == [f"s.jsonl:1: {reason}"]


# It can fail: what the bench promises as `run` does, broken on purpose


def seen_nothing(it: pytest.MonkeyPatch) -> None:
    it.setattr("wattwire.flows.engine.seats.Seat.took", lambda self, key, dies=False: None)


def sends_nothing_again(it: pytest.MonkeyPatch) -> None:
    it.setattr("wattwire.flows.engine.seats.Mail.replay", lambda self, seat: None)


def acknowledges_first(it: pytest.MonkeyPatch) -> None:
    real = Rough.crash

    def crash(self: Rough, node: str, away: timedelta = timedelta(), again: Any = None, saved: Any = None) -> None:
        real(self, node, away, None, saved)

    it.setattr(Rough, "crash", crash)


@pytest.mark.parametrize("broken", [seen_nothing, sends_nothing_again, acknowledges_first], ids=lambda it: it.__name__)
def test_it_is_noticed_if_it_has(broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)

    benches = [lived({"at": 0, "mishaps": {"seed": seed, **CHANCE}, "until": at(30)}) for seed in range(20)]
    assert any(not once(bench) for bench in benches)
