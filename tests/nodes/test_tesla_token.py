import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wattwire.nodes import Fault, Json, Reply, Request, Secret
from wattwire.nodes.messages import Token
from wattwire.nodes.tesla_token import NODE, Config, Out, State, ask, read

WORLD = Path(__file__).parents[1] / "world" / "tesla"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config(client_id="app", refresh_token=Secret("configured"))


def recorded(name: str) -> Reply:
    told = json.loads((WORLD / f"{name}.json").read_text())
    return Reply(told["status"], told["json"], headers=told.get("headers", {}), at=NOON)


def shown(cfg: Config, state: State) -> str:
    """The refresh token that would go to Tesla now."""
    form = ask(cfg, state, object())[1].form or {}
    token = form["refresh_token"]
    assert isinstance(token, Secret)
    return token.reveal()


def test_the_first_request_shows_the_configured_token_and_no_client_secret() -> None:
    _, request = ask(CFG, State(), object())

    assert request == Request(
        method="POST",
        url="https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3/token",
        form={"grant_type": "refresh_token", "client_id": "app", "refresh_token": Secret("configured")},
    )


def test_an_answer_is_a_token_with_its_end_and_the_new_refresh_token_is_in_the_state_beside_it() -> None:
    state, _ = ask(CFG, State(), object())

    state, emit = read(CFG, state, recorded("token_200"))

    assert emit == Out.token(Token(Secret("eyJ-access-1"), NOON + timedelta(hours=8)))
    assert state.newest == Secret("EU_refresh_1")
    assert shown(CFG, state) == "EU_refresh_1"


@pytest.mark.parametrize("life", [{"expires_in": 28800.0}, {"expires_in": "28800"}, {}])
def test_a_life_told_in_other_ways_or_not_at_all_is_one_of_8_hours(life: dict[str, Json]) -> None:
    _, emit = read(CFG, ask(CFG, State(), object())[0], Reply(200, {"access_token": "a", **life}, at=NOON))

    assert emit == Out.token(Token(Secret("a"), NOON + timedelta(hours=8)))


@pytest.mark.parametrize("life", [10**400, 10**12, -5, True, None, "soon"])
def test_a_life_that_is_none_loses_no_refresh_token(life: int) -> None:
    told: Json = {"access_token": "a", "refresh_token": "next", "expires_in": life}
    state, emit = read(CFG, ask(CFG, State(), object())[0], Reply(200, told, at=NOON))

    assert (shown(CFG, state), emit.port) == ("next", "failed")


def test_a_new_token_in_the_settings_is_used_instead_of_the_one_that_was_rotated() -> None:
    state, _ = read(CFG, ask(CFG, State(), object())[0], recorded("token_200"))

    changed = Config(client_id="app", refresh_token=Secret("signed in again"))

    assert shown(changed, state) == "signed in again"
    assert shown(CFG, state) == "EU_refresh_1"


def test_no_token_of_either_kind_can_be_printed_and_the_configured_one_is_kept_as_a_print_only() -> None:
    state, emit = read(CFG, ask(CFG, State(), object())[0], recorded("token_200"))

    told = repr((state, emit, ask(CFG, state, object())))

    assert "EU_refresh" not in told
    assert "eyJ-access" not in told
    assert "configured" not in told


@pytest.mark.parametrize(
    ("reply", "port", "words"),
    [
        ("login_required_401", "refused", "Sign in again"),
        ("invalid_grant_400", "refused", "Sign in again"),
        ("invalid_client_401", "refused", "client_id"),
        ("error_500", "failed", "HTTP 500"),
        ("empty_401", "failed", "HTTP 401"),
        ("busy_429", "failed", "HTTP 429"),
        ("vehicle_online", "failed", "lacks"),
    ],
)
def test_what_a_person_must_mend_is_refused_and_all_else_failed(reply: str, port: str, words: str) -> None:
    state, _ = ask(CFG, State(), object())

    after, emit = read(CFG, state, recorded(reply))

    assert emit.port == port
    assert isinstance(emit.body, Fault)
    assert words in emit.body.why
    assert after == state


def test_not_knowing_whether_tesla_answered_is_a_failure_and_the_old_token_is_shown_again() -> None:
    state, _ = ask(CFG, State(), object())

    state, emit = read(CFG, state, Reply(0, unknown=True, at=NOON))

    assert emit == Out.failed(Fault("not known whether Tesla answered before the process died"))
    assert shown(CFG, state) == "configured"
    assert NODE.once


def test_a_rotated_token_is_kept_even_where_the_rest_of_the_answer_is_of_no_use() -> None:
    state, _ = ask(CFG, State(), object())

    state, emit = read(CFG, state, Reply(200, {"refresh_token": "EU_refresh_2"}, at=NOON))

    assert emit.port == "failed"
    assert shown(CFG, state) == "EU_refresh_2"


def test_the_pause_that_tesla_asks_for_is_told() -> None:
    _, emit = read(CFG, State(), recorded("busy_429"))

    assert emit == Out.failed(Fault("HTTP 429", 429, "too many requests", 60.0))
