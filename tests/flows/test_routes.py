from wattwire.flows.engine.edges import sources
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.routes import EDGES, Route, former, processes, routes

TEXT = """flow: f
nodes:
  clock: {type: clock, config: {every: 1m}}
  token: {type: krakenToken, config: {api_key: $KEY}}
  plan: {type: dispatchFetcher, config: {account: A-1}}
  alarm: {type: alarm}
edges:
  - {from: clock.tick, to: plan.poll}
  - {from: token.token, to: plan.token}
  - {from: token.token, to: plan.poll}
  - {from: token.refused, to: alarm.why}
%s
ends: [plan.plan, plan.throttled, plan.unauthorised, token.failed, alarm.said%s]
"""
CARRIED = """  - {from: plan.failed, to: plan.poll, after: 10s, times: 5, spent: alarm.why}
  - {from: plan.failed, to: alarm.why, every: 1h}
  - {from: plan.blocked, to: alarm.why, every: 1h}
"""


def flow(carried: str = CARRIED) -> Flow:
    return load_text(TEXT % (carried, "" if carried else ", plan.blocked, plan.failed"), env={"KEY": "k"})


def test_a_plain_edge_is_a_subscription_to_the_sender_s_topic() -> None:
    assert routes(flow(), "plan") == {
        "wattwire/f/clock/tick": (Route("clock.tick>plan.poll", "poll"),),
        "wattwire/f/token/token": (
            Route("token.token>plan.token", "token"),
            Route("token.token>plan.poll", "poll", strip=True),
        ),
        "wattwire/f/plan/in/poll": (Route("", "poll"),),
        "wattwire/f/plan/in/token": (Route("", "token"),),
        "wattwire/f/plan/in/device": (Route("", "device"),),
    }


def test_what_one_message_gives_to_remember_comes_before_what_it_triggers_in_whatever_order_the_file_has_it() -> None:
    turned = TEXT.replace("token.token, to: plan.token", "token.token, to: plan.TURN")
    turned = turned.replace("token.token, to: plan.poll", "token.token, to: plan.token").replace(
        "plan.TURN", "plan.poll"
    )
    found = routes(load_text(turned % (CARRIED, ""), env={"KEY": "k"}), "plan")

    assert [r.port for r in found["wattwire/f/token/token"]] == ["token", "poll"]


def test_the_edges_process_listens_to_each_source_once() -> None:
    assert routes(flow(), EDGES) == {
        "wattwire/f/plan/failed": (
            Route("plan.failed>plan.poll", "plan.failed>plan.poll"),
            Route("plan.failed>alarm.why", "plan.failed>alarm.why"),
        ),
        "wattwire/f/plan/blocked": (Route("plan.blocked>alarm.why", "plan.blocked>alarm.why"),),
    }
    assert sources(flow().carried()) == ["plan.failed", "plan.blocked"]


def test_a_nudge_from_a_port_without_a_secret_keeps_its_body() -> None:
    assert routes(flow(), "alarm")["wattwire/f/token/refused"] == (Route("token.refused>alarm.why", "why"),)


def test_the_carrier_comes_first_and_only_where_there_is_something_to_carry() -> None:
    assert processes(flow()) == ["edges", "clock", "token", "plan", "alarm"]
    assert processes(flow("")) == ["clock", "token", "plan", "alarm"]
    assert routes(flow(""), EDGES) == {}


def test_a_node_knows_where_leads_what_came_along_an_edge_that_was_plain_once() -> None:
    assert former(flow(), "plan") == {"wattwire/f/plan/failed": (Route("plan.failed>plan.poll", "poll"),)}
    assert former(flow(""), "plan") == {}


def test_the_carrier_knows_where_leads_what_came_along_an_edge_that_was_carried_once() -> None:
    assert former(flow(), EDGES)["wattwire/f/clock/tick"] == (Route("clock.tick>plan.poll", "clock.tick>plan.poll"),)
