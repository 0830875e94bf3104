"""Scripts of a trial: what goes in, what comes out, and what is wrong with them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.record import Seen
from wattwire.flows.engine.script import ScriptError, play, read, told
from wattwire.nodes import Request

NOON = "2026-11-20T12:00:00Z"
FLOW = """flow: f
nodes:
  rates: {type: rateResolver}
  token: {type: krakenToken, config: {api_key: $KEY}}
  plan: {type: dispatchFetcher, config: {account: A-1}}
  alarm: {type: alarm}
edges:
  - {from: token.failed, to: token.want, after: 10s, times: 2, spent: alarm.why}
ends: [rates.cheap, rates.standard, rates.unsure, token.token, token.refused, plan.plan, plan.unauthorised,
       plan.throttled, plan.blocked, plan.failed, alarm.said]
"""


def flow() -> Flow:
    return load_text(FLOW, env={"KEY": "sk_live_recognisable"})


def lived(*script: dict[str, Any], until: str = "2026-11-20T13:00:00Z") -> list[dict[str, Any]]:
    out: list[str] = []
    lines = read([json.dumps(line) for line in script], flow())
    play(flow(), lines, lines[0].at, datetime.fromisoformat(until), out.append)
    return [json.loads(line) for line in out]


def ports(lines: list[dict[str, Any]]) -> list[str]:
    return [f"{line['at'][11:19]} {line.get('from') or line['request']['node'] + '?'}" for line in lines]


def to(port: str, body: Any = None, at: str = NOON) -> dict[str, Any]:
    return {"at": at, "to": port, "body": body}


def reply(status: int = 200, at: str = NOON, **more: Any) -> dict[str, Any]:
    return {"at": at, "reply": {"node": "token", "status": status, **more}}


GIVEN = {"data": {"obtainKrakenToken": {"token": "token-recognisable", "payload": {"exp": 1795179600}}}}


def test_a_message_line_tells_its_chain() -> None:
    [line] = lived(to("rates.tick", {"at": NOON}))

    assert list(line) == ["at", "from", "id", "cause", "root", "body"]
    assert (line["at"], line["from"], line["body"]["band"]) == (NOON, "rates.unsure", "unsure")
    assert line["root"] == line["cause"] != line["id"]


def test_a_request_line_tells_what_was_asked_with_secrets_masked() -> None:
    request, message = lived(reply(json=GIVEN), to("token.want"))

    assert request == {
        "at": NOON,
        "request": {
            "node": "token",
            "method": "POST",
            "url": "https://api.octopus.energy/v1/graphql/",
            "json": {
                "query": "mutation Login($key: String!) { obtainKrakenToken(input: {APIKey: $key}) { token payload } }",
                "variables": {"key": "***"},
            },
        },
    }
    assert message["body"] == {"token": "***", "expires": "2026-11-20T13:00:00Z"}


def test_a_password_in_an_address_is_not_told() -> None:
    request = Request(method="GET", url="https://me:word@proxy.example/v1?of=a@b")
    line = told(Seen(datetime.fromisoformat(NOON), "token", None, None, request))

    assert json.loads(line)["request"]["url"] == "https://***@proxy.example/v1?of=a@b"


def test_lines_of_one_time_run_in_file_order() -> None:
    plan = {"at": NOON, "device": "d", "dispatches": []}

    assert [line["body"]["band"] for line in lived(to("rates.tick"), to("rates.plan", plan), to("rates.tick"))] == [
        "unsure",
        "unsure",
        "unsure",
    ]
    assert ports(lived(reply(502), to("token.want"), reply(json=GIVEN), until=NOON)) == [
        "12:00:00 token?",
        "12:00:00 token.failed",
    ]


def test_a_reply_stands_until_the_next_one() -> None:
    script = [reply(502), to("token.want"), reply(json=GIVEN, at="2026-11-20T12:00:05Z")]

    assert ports(lived(*script)) == [
        "12:00:00 token?",
        "12:00:00 token.failed",
        "12:00:10 token?",
        "12:00:10 token.token",
    ]


@pytest.mark.parametrize("place", ["line", "reply"])
def test_a_reply_given_once_is_for_the_next_request_only(place: str) -> None:
    script = [reply(json=GIVEN), reply(502), reply(503), to("token.want")]
    for line in script[1:3]:
        (line if place == "line" else line["reply"])["once"] = True

    assert [line["body"].get("status") for line in lived(*script) if "from" in line] == [502, 503, None]


def test_status_0_is_no_answer_and_so_is_no_reply_at_all() -> None:
    assert lived(reply(0), to("token.want"), until=NOON)[-1]["body"]["why"] == "no answer"
    assert lived(to("token.want"), until=NOON)[-1]["body"]["why"] == "no network"


def test_headers_are_read_in_any_case() -> None:
    lines = lived(reply(429, headers={"Retry-After": "30"}), to("token.want"))

    assert lines[1]["body"]["retry_after"] == 30
    assert ports(lines)[2] == "12:00:30 token?"


def test_a_page_of_text_is_no_json() -> None:
    script = {"at": NOON, "reply": {"node": "token", "status": 403, "text": "<HTML>"}}

    assert lived(script, to("token.want"), until=NOON)[-1]["from"] == "token.failed"


def test_a_crash_line_kills_a_node_and_what_it_kept_is_there_again() -> None:
    token = {"token": "x", "expires": "2026-11-20T13:00:00Z"}
    device = {"at": NOON, "id": "d"}
    crash = {"at": NOON, "crash": "plan"}

    assert ports(lived(to("plan.token", token), to("plan.device", device), crash, to("plan.poll")))[0] == (
        "12:00:00 plan?"
    )


def test_a_crash_of_the_edges_loses_nothing() -> None:
    script = [reply(502), to("token.want"), {"at": "2026-11-20T12:00:05Z", "crash": "edges"}]

    assert ports(lived(*script))[-1] == "12:00:20 alarm.said"


def test_while_the_broker_is_down_nothing_arrives() -> None:
    script = [
        {"at": NOON, "broker": "down"},
        to("rates.tick"),
        {"at": "2026-11-20T12:10:00Z", "broker": "up"},
    ]

    assert ports(lived(*script)) == ["12:10:00 rates.unsure"]


def test_everything_wrong_with_a_script_is_told_at_once_by_line() -> None:
    lines = [
        json.dumps(to("rates.tick")),
        "",
        "{",
        "[]",
        '{"to": "rates.tick"}',
        '{"at": "noon", "to": "rates.tick"}',
        '{"at": 5, "to": "rates.tick"}',
        '{"at": "2026-11-20T12:00:00", "to": "rates.tick"}',
        json.dumps({"at": NOON}),
        json.dumps({"at": NOON, "crash": "rates", "broker": "up"}),
        json.dumps(to("rates.tock")),
        json.dumps(to("rate.tick")),
        json.dumps({"at": NOON, "broker": "sideways"}),
        json.dumps({"at": NOON, "crash": "nobody"}),
        json.dumps({"at": NOON, "crash": ["rates"]}),
        json.dumps({"at": NOON, "reply": {"status": 200}}),
        json.dumps({"at": NOON, "reply": "token"}),
        json.dumps({"at": NOON, "reply": {"node": "token", "status": "200"}}),
        json.dumps({"at": NOON, "reply": {"node": "token", "headers": ["a"]}}),
        json.dumps({"at": NOON, "reply": {"node": "token", "text": {}}}),
        json.dumps(to("rates.tick", at="2026-11-20T11:59:59Z")),
        json.dumps({"at": NOON, "to": "rates.tick", "bodi": {}}),
        json.dumps({"at": NOON, "broker": "down", "until": "2026-11-20T13:00:00Z"}),
        json.dumps({"at": NOON, "crash": "rates", "later": "2m"}),
        json.dumps({"at": NOON, "reply": {"node": "token", "statsu": 500}}),
        json.dumps({"at": NOON, "reply": {"node": "tokn"}}),
    ]
    with pytest.raises(ScriptError) as refused:
        read(lines, flow(), "s.jsonl")

    assert refused.value.reasons == [
        "s.jsonl:3: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        's.jsonl:4: a line must be an object with "at"',
        's.jsonl:5: a line must be an object with "at"',
        "s.jsonl:6: at is not a time: Invalid isoformat string: 'noon'",
        "s.jsonl:7: at is not a time: 5",
        "s.jsonl:8: at is not a time: a time without a zone: 2026-11-20T12:00:00",
        "s.jsonl:9: a line must have exactly one of to, reply, crash, broker, mishaps, delay, double, link, clock",
        "s.jsonl:10: a line must have exactly one of to, reply, crash, broker, mishaps, delay, double, link, clock",
        "s.jsonl:11: rates has no in port 'tock'; did you mean 'tick'?",
        "s.jsonl:12: no node 'rate'; did you mean 'rates'?",
        's.jsonl:13: broker must be "up" or "down"',
        "s.jsonl:14: no node 'nobody'; there are alarm, edges, plan, rates, token",
        "s.jsonl:15: no node \"['rates']\"; did you mean 'rates'?",
        "s.jsonl:16: a reply must be an object with a node",
        "s.jsonl:17: a reply must be an object with a node",
        "s.jsonl:18: status must be a number; 0 means no answer",
        "s.jsonl:19: headers must be an object",
        "s.jsonl:20: text must be a string",
        "s.jsonl:21: lines must be in time order, and this one is earlier than the one before",
        "s.jsonl:22: no field 'bodi'; did you mean 'body'?",
        "s.jsonl:23: no field 'until'; there are at, broker",
        "s.jsonl:24: no field 'later'; there are at, crash, for, step",
        "s.jsonl:25: no field 'statsu'; did you mean 'status'?",
        "s.jsonl:26: no node 'tokn'; did you mean 'token'?",
    ]


def test_a_secret_of_the_flow_or_of_a_reply_is_not_in_the_output() -> None:
    out: list[str] = []
    script = [
        reply(json=GIVEN),
        to("token.want"),
        to("plan.token", {"token": "token-recognisable", "expires": NOON}),
        to("plan.device", {"at": NOON, "id": "d"}),
        to("plan.poll"),
    ]
    bench = play(flow(), read([json.dumps(s) for s in script], flow()), datetime(2026, 11, 20, 12, tzinfo=UTC),
                 datetime(2026, 11, 20, 13, tzinfo=UTC), out.append)  # fmt: skip

    assert len(out) >= 4
    assert "recognisable" not in "".join(out) + str(bench.faults)
