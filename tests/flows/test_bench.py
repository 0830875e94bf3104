"""The bench itself: order, simulators, chance, and the GX in a shadow."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from retrying import NOON, RETRY, after, flow, retrying

from wattwire.flows.engine.agenda import Agenda
from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Fault, Json, Reply, Request, Secret


def test_things_happen_by_time_then_in_turn_and_a_script_comes_first() -> None:
    agenda, done = Agenda(NOON), list[str]()

    def do(word: str, then: Callable[[], object] = lambda: None) -> Callable[[], object]:
        def act() -> None:
            done.append(word)
            then()

        return act

    agenda.at(after(2), do("late"))
    agenda.at(after(1), do("a", lambda: agenda.soon(do("a's child", lambda: agenda.at(NOON, do("grandchild"))))))
    agenda.at(after(1), do("b", lambda: agenda.soon(do("b's child"))))
    agenda.first(after(1), do("script 1"))
    agenda.first(after(1), do("script 2"))
    agenda.run(after(1))

    assert done == ["script 1", "script 2", "a", "b", "a's child", "b's child", "grandchild"]
    assert agenda.now == after(1)


def test_what_is_due_at_the_end_is_lived_through_and_what_comes_later_is_not() -> None:
    assert retrying().run(after(1)).times("clock.tick") == ["12:01:00"]
    assert retrying().run(after(0.999)).times("clock.tick") == []


def test_a_run_may_be_continued() -> None:
    whole, parts = retrying().run(after(30)), retrying()
    for minute in range(31):
        parts.run(after(minute))

    assert parts.seen == whole.seen


def test_a_node_without_an_answer_finds_no_network() -> None:
    bench = retrying().run(after(2))

    assert bench.bodies("fetch.failed")[0].why == "standard-unit-rates: no network"
    assert bench.times("fetch.failed") == ["12:01:00", "12:01:10", "12:01:20", "12:01:30"]
    assert bench.times("alarm.said") == ["12:01:30"]


def test_a_reply_comes_at_once_with_the_time_of_the_bench() -> None:
    def world(node: str, request: Request, now: datetime) -> Reply:
        return Reply(200, {"results": [{"value_inc_vat": 7, "valid_from": "2026-11-20T00:00:00Z", "valid_to": None}]})

    bench = retrying(world=world).run(after(1))

    assert bench.times("fetch.prices") == ["12:01:00"]
    assert bench.bodies("fetch.prices")[0].at == after(1)


def test_an_edge_wakes_once_for_what_it_holds_however_often_it_is_displaced() -> None:
    text = RETRY.replace("times: 3, spent: alarm.why", "").replace(", }", "}") % "10s"
    bench = Bench(flow(text), NOON)
    woken = 0
    due = bench.carrier.due

    def counted(now: datetime) -> Any:
        nonlocal woken
        woken += 1
        return due(now)

    bench.carrier.due = counted  # type: ignore[method-assign]
    for i in range(20):
        bench.put(after(1) + timedelta(seconds=i), "fetch.poll", None)
    bench.run(after(10))

    [counts] = [it.counts for it in bench.carrier.edges.values()]
    assert counts["displaced"] > 10
    assert counts["followed"] <= woken <= counts["followed"] + counts["displaced"]


# Chance


def test_the_seed_decides_about_jitter_in_edges_and_clocks() -> None:
    text = RETRY.replace("offset: 1m", "offset: 1m, jitter: 2m") % "{first: 10s, jitter: 50%}"

    def lived(seed: int) -> list[datetime]:
        return [seen.at for seen in Bench(flow(text), NOON, seed=seed).run(after(60)).seen]

    assert lived(1) == lived(1)
    assert lived(1) != lived(2)


# Simulators


def test_a_simulator_answers_at_its_address_and_reads_the_secret() -> None:
    text = """flow: f
nodes:
  simOctopus: {type: simOctopus}
  token: {type: krakenToken, config: {api_key: %s, url: "http://simOctopus.flow/v1/graphql/"}}
ends: [token.token, token.refused, token.failed, simOctopus.ev]
"""
    for key, port in (("$GOOD", "token.token"), ("$BAD", "token.refused")):
        bench = Bench(flow(text % key, GOOD="simulated-octopus-key", BAD="x"), NOON)
        bench.put(NOON, "token.want", None)
        bench.run(NOON)

        assert bench.times(port) == ["12:00:00"]
        assert bench.requests("token")[0].request is not None


def test_a_script_answers_before_the_simulator_does() -> None:
    text = """flow: f
nodes:
  simOctopus: {type: simOctopus}
  token: {type: krakenToken, config: {api_key: $K, url: "http://simOctopus.flow/v1/graphql/"}}
ends: [token.token, token.refused, token.failed, simOctopus.ev]
"""
    bench = Bench(flow(text, K="simulated-octopus-key"), NOON, world=lambda node, request, now: Reply(502))
    bench.put(NOON, "token.want", None)
    bench.run(NOON)

    assert bench.bodies("token.failed") == [Fault("HTTP 502", 502)]


def test_a_nudge_from_a_port_with_a_secret_leaves_it_behind() -> None:
    text = """flow: f
nodes:
  token: {type: krakenToken, config: {api_key: $K}}
  alarm: {type: alarm}
edges: [{from: token.token, to: alarm.why}]
ends: [token.refused, token.failed, alarm.said]
"""
    told: Json = {"data": {"obtainKrakenToken": {"token": "the-secret", "payload": {"exp": 1795176000}}}}
    bench = Bench(flow(text, K="k"), NOON, world=lambda node, request, now: Reply(200, told))
    bench.put(NOON, "token.want", None)
    bench.run(NOON)

    assert bench.bodies("token.token")[0].token == Secret("the-secret")
    assert bench.bodies("alarm.said") == [Fault("something wants a person's attention")]
    assert bench.statuses["alarm"].text == "something wants a person's attention"


GX = """flow: f
nodes:
  simGx: {type: simGx}
  gx: {type: victronGx, config: {url: "mqtt://flow"}}
ends: [gx.house, gx.confirmed, gx.refused, gx.lost]
"""


def test_in_a_shadow_nothing_is_written_to_the_gx() -> None:
    lease = {"mode": "charge", "until": "2026-11-20T13:00:00Z", "soc": 90}
    for shadow, mode in ((False, ["scheduled"]), (True, ["discharging"])):
        bench = Bench(flow(GX), NOON, shadow=shadow)
        bench.put(after(1), "gx.lease", lease)
        bench.run(after(3))

        assert [house.mode for house in bench.bodies("gx.house")][-1:] == mode


def test_the_gx_executes_the_last_will_of_a_node_that_dies() -> None:
    bench = Bench(flow(GX), NOON)
    bench.put(after(1), "gx.lease", {"mode": "charge", "until": "2026-11-20T13:00:00Z", "soc": 90})
    bench.run(after(3))
    bench.dialled.lose("gx")
    bench.run(after(4))

    slot = {k: v for k, v in bench.actors["simGx"].state.settings.items() if k.endswith("Charge/4/Day")}
    assert [day < 0 for day in slot.values()] == [True]
