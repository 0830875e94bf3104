import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wattwire.nodes import Budget, Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.kraken_token import LOGIN, Config, ask, read
from wattwire.nodes.messages import Token

WORLD = Path(__file__).parents[1] / "world" / "kraken"
CFG = Config(api_key=Secret("sk_live_x"), account="A-00000000")
ASKED = datetime(2026, 9, 28, 13, 0, 5, tzinfo=UTC)


def told(name: str) -> Emit:
    return read(CFG, Reply(200, json.loads((WORLD / f"{name}.json").read_text()), at=ASKED))


def errors(*codes: str | None, status: int = 200) -> Emit:
    wrong: list[Json] = [{"message": "m", **({"extensions": {"errorCode": c}} if c else {})} for c in codes]
    return read(CFG, Reply(status, {"errors": wrong, "data": None}))


def test_a_token_comes_with_its_expiry() -> None:
    assert told("token") == Emit("token", Token(Secret("aaa.bbb.ccc"), datetime(2026, 9, 28, 14, tzinfo=UTC)))


def test_a_reply_without_a_payload_leaves_the_expiry_to_the_token_itself() -> None:
    token = Secret("aaa.eyJleHAiOjE3OTA2MDQwMDB9.ccc")

    assert told("token_without_payload") == Emit("token", Token(token, datetime(2026, 9, 28, 14, tzinfo=UTC)))


@pytest.mark.parametrize(
    "payload",
    [{"exp": 1790604000}, {"exp": "1790604000"}, {"exp": 1790604000.0}, '{"exp": 1790604000}', '{"exp": "1790604000"}'],
)
def test_the_expiry_is_read_however_it_is_written(payload: Json) -> None:
    reply = Reply(200, {"data": {"obtainKrakenToken": {"token": "opaque", "payload": payload}}}, at=ASKED)

    assert read(CFG, reply) == Emit("token", Token(Secret("opaque"), datetime(2026, 9, 28, 14, tzinfo=UTC)))


def test_an_expiry_that_is_past_leaves_it_to_the_token_itself() -> None:
    token = "aaa.eyJleHAiOjE3OTA2MDQwMDB9.ccc"
    reply = Reply(200, {"data": {"obtainKrakenToken": {"token": token, "payload": {"exp": 1790600405}}}}, at=ASKED)

    assert read(CFG, reply) == Emit("token", Token(Secret(token), datetime(2026, 9, 28, 14, tzinfo=UTC)))


@pytest.mark.parametrize("exp", [1790604000000, 10**400, -(10**20), True, 1, 1.5, "soon", "1e999", [1790604000]])
def test_an_expiry_that_is_none_is_an_hour(exp: Json) -> None:
    reply = Reply(200, {"data": {"obtainKrakenToken": {"token": "opaque", "payload": {"exp": exp}}}}, at=ASKED)

    assert read(CFG, reply) == Emit("token", Token(Secret("opaque"), ASKED + timedelta(hours=1)))


@pytest.mark.parametrize("payload", [None, "", "x", "null", [1], 7])
@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.!!.c", "a.e30.c", "a.bnVsbA.c"])
def test_a_token_that_tells_nothing_is_good_for_an_hour(token: str, payload: Json) -> None:
    reply = Reply(200, {"data": {"obtainKrakenToken": {"token": token, "payload": payload}}}, at=ASKED)

    assert read(CFG, reply) == Emit("token", Token(Secret(token), datetime(2026, 9, 28, 14, 0, 5, tzinfo=UTC)))


def test_a_wrong_key_is_refused_not_retried() -> None:
    assert told("token_wrong_key") == Emit("refused", Fault("Authentication failed.", 200, "KT-CT-1139"))
    assert told("token_invalid_data") == Emit("refused", Fault("Invalid data.", 200, "KT-CT-1138"))


@pytest.mark.parametrize(
    ("code", "port"),
    [
        ("KT-CT-1138", "refused"),
        ("KT-CT-1139", "refused"),
        *((f"KT-CT-{n}", "refused") for n in (1111, 1128, 1129, 1130, 1131, 1132)),
        (None, "refused"),
        ("KT-CT-1145", "forbidden"),
        ("KT-CT-1148", "forbidden"),
    ],
)
def test_trying_again_cannot_help_when_the_key_may_not_be_used(code: str | None, port: str) -> None:
    assert errors(code).port == port


@pytest.mark.parametrize(
    ("code", "port"),
    [("KT-CT-1199", "throttled"), ("KT-CT-1147", "failed"), ("KT-CT-7899", "failed"), ("KT-CT-9999", "failed")],
)
def test_trying_again_may_help_with_everything_else_that_has_a_code(code: str, port: str) -> None:
    assert errors(code).port == port


@pytest.mark.parametrize(
    ("reply", "port"),
    [
        (Reply(0, why="timed out"), "failed"),
        (Reply(500, text="<html>"), "failed"),
        (Reply(502), "failed"),
        (Reply(408), "failed"),
        (Reply(429, {"detail": "throttled"}), "throttled"),
        (Reply(0, spent="octopus e87b54"), "spent"),
        (Reply(200, text="<html>"), "failed"),
        (Reply(200, {"data": {"obtainKrakenToken": None}}), "failed"),
        (Reply(200, {"data": {"obtainKrakenToken": {"token": ""}}}), "failed"),
        (Reply(403, text=(WORLD / "blocked.html").read_text()), "blocked"),  # a firewall, not a bad key
        (Reply(403, {"detail": "no"}), "refused"),
        (Reply(401, {"detail": "no"}), "refused"),
    ],
)
def test_no_answer_and_nonsense_fail_and_a_refusal_is_one(reply: Reply, port: str) -> None:
    assert read(CFG, reply).port == port


def test_an_error_without_a_code_from_a_server_in_trouble_is_no_refusal() -> None:
    assert errors(None, status=500).port == "failed"


def test_the_key_travels_as_a_variable_and_never_prints() -> None:
    request = ask(CFG, None)

    assert request == Request(
        method="POST",
        url=CFG.url,
        json={"query": LOGIN, "variables": {"key": CFG.api_key}},
        budgets=(Budget(name="octopus e87b54", most=60, per=timedelta(hours=1)),),
    )
    assert "sk_live_x" not in repr(request) + repr(CFG)
