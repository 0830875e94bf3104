"""solarForecast and solarTarget: what three services answer, and how full a battery that leaves before the sun."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Fault, Json, Reply, Request, Secret
from wattwire.nodes.messages import BatteryTarget
from wattwire.nodes.solar_forecast import Config, State, ask, read
from wattwire.nodes.solar_target import Config as Aim
from wattwire.nodes.solar_target import aim
from wattwire.nodes.sun import Forecast, Plane, Spell, together

NOW = datetime(2026, 6, 20, 20, tzinfo=UTC)  # 21:00 local
SOUTH, WEST = Plane(tilt=35, azimuth=0, kwp=4), Plane(tilt=20, azimuth=90, kwp=2)
SOLCAST = Config(source="solcast", sites=("aaaa", "bbbb"), key=Secret("solcast-key"))
METEO = Config(source="open-meteo", planes=(SOUTH,), lat=51.5, lon=-0.1)
SOLAR = Config(source="forecast.solar", planes=(SOUTH, WEST), lat=51.5, lon=-0.1)


def asked(cfg: Config, *replies: Json) -> Any:
    """What comes of one poll, each question answered in its turn; the last result, and every request."""
    state, told = ask(cfg, State(), None)
    requests, left = [told], list(replies)
    while isinstance(told, Request) and left:
        reply = Reply(200, left.pop(0), at=NOW, tag=told.tag)
        state, result = read(cfg, state, reply)
        told = result  # type: ignore[assignment]
        requests.append(told)
    return told, [r for r in requests if isinstance(r, Request)]


def solcast(kw: float) -> Json:
    end = "2026-06-21T09:30:00.0000000Z"
    return {"forecasts": [{"pv_estimate": kw, "pv_estimate10": kw / 2, "period_end": end, "period": "PT30M"}]}


def test_solcast_roofs_are_asked_one_by_one_and_added_up() -> None:
    told, requests = asked(SOLCAST, solcast(2.0), solcast(1.0))

    assert [r.url.rpartition("/rooftop_sites/")[2] for r in requests] == ["aaaa/forecasts", "bbbb/forecasts"]
    assert {b.name: (b.most, b.per) for r in requests for b in r.budgets} == {"solcast": (10, "day")}
    assert told.port == "forecast"
    start = datetime(2026, 6, 21, 9, tzinfo=UTC)
    assert told.body.spells == (Spell(start=start, end=start + timedelta(minutes=30), kwh=1.5, kwh_low=0.75),)


def test_forecast_solar_tells_watt_hours_since_the_time_before() -> None:
    roof: Json = {
        "result": {"2026-06-21T04:00:00+00:00": 0, "2026-06-21T05:00:00+00:00": 120, "2026-06-21T06:00:00+00:00": 600}
    }
    told, requests = asked(SOLAR, roof, roof)

    assert requests[0].url == "https://api.forecast.solar/estimate/watthours/period/51.5/-0.1/35/0/4"
    day = datetime(2026, 6, 21, tzinfo=UTC)
    hours = [told.body.energy(day + timedelta(hours=h), day + timedelta(hours=h + 1), True) for h in (4, 5, 6, 14, 15)]
    assert hours == [pytest.approx(0.24), pytest.approx(1.2), 0.0, 0.0, None]  # it is night for a while


@pytest.mark.parametrize("hour", [0, 3, 14, 22, 23])
@pytest.mark.parametrize("date", ["2026-01-10", "2026-12-21"])
def test_forecast_solar_tells_two_days_of_which_the_dark_hours_are_none(date: str, hour: int) -> None:
    day = datetime.fromisoformat(f"{date}T00:00:00+00:00")
    lit = [day + timedelta(days=d, hours=h) for d in (0, 1) for h in (8.25, 10, 12, 14, 15.75)]
    roof: Json = {"result": {at.isoformat(): 0 if at.minute == 15 else 500 for at in lit}}
    told, _ = asked(SOLAR, roof, roof)
    now = day + timedelta(hours=hour)

    emit = aim(AIM, None, replace(told.body, at=now), now)
    assert emit is not None
    assert isinstance(emit.body, BatteryTarget)
    assert emit.body.why.startswith("4.0 kWh of sun are expected")


def test_open_meteo_tells_the_mean_of_the_hour_before() -> None:
    watts: Json = {"time": ["2026-06-21T12:00", "2026-06-21T13:00"], "global_tilted_irradiance": [500, -84]}
    told, requests = asked(METEO, {"hourly": watts})

    assert (requests[0].query["azimuth"], requests[0].query["tilt"]) == ("0", "35")
    eleven = datetime(2026, 6, 21, 11, tzinfo=UTC)
    assert told.body.energy(eleven, eleven + timedelta(hours=1), True) == pytest.approx(0.5 * 4 * 0.85)
    assert told.body.energy(eleven + timedelta(hours=1), eleven + timedelta(hours=2), True) == 0.0


@pytest.mark.parametrize(
    ("cfg", "reply", "port", "why"),
    [
        (SOLCAST, Reply(429), "spent", "HTTP 429"),
        (SOLCAST, Reply(0, spent="solcast", why="ten a day"), "spent", "ten a day"),
        (SOLCAST, Reply(403, {"response_status": {"message": "no such key"}}), "refused", "no such key"),
        (SOLCAST, Reply(200, {"forecasts": []}), "failed", "the answer holds no forecast"),
        (SOLCAST, Reply(200, {"forecasts": [{"pv_estimate": None}]}), "failed", "the answer holds no forecast"),
        (SOLAR, Reply(422, {"message": {"text": "invalid plane"}}), "refused", "invalid plane"),
        (SOLAR, Reply(200, {"result": {"yesterday": 3}}), "failed", "the answer holds no forecast"),
        (METEO, Reply(200, {"hourly": {"time": ["2026-06-21T12:00"], "global_tilted_irradiance": []}}), "failed",
         "the answer holds no forecast"),
        (METEO, Reply(0, why="no network"), "failed", "no network"),
    ],
)  # fmt: skip
def test_what_is_no_forecast_leads_elsewhere(cfg: Config, reply: Reply, port: str, why: str) -> None:
    _, told = read(cfg, State(), reply)

    assert not isinstance(told, Request)
    assert (told.port, told.body.why if isinstance(told.body, Fault) else "") == (port, why)


@pytest.mark.parametrize(
    "settings",
    [
        {"source": "solcast"},
        {"source": "open-meteo", "lat": 51.5, "lon": 0.0},
        {"source": "forecast.solar", "planes": (SOUTH,)},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: Any) -> None:
    with pytest.raises(ValueError, match="need"):
        Config(**settings)


def sunny(kwh: float, low: float | None = None, hours: range = range(8, 16)) -> Forecast:
    """So many kWh in each of some hours of the day to come, and none before and after."""
    day = datetime(2026, 6, 21, tzinfo=UTC)
    spells = [
        Spell(start=day + timedelta(hours=h), end=day + timedelta(hours=h + 1),
              kwh=kwh if h in hours else 0.0, kwh_low=low if h in hours else 0.0 if low is not None else None)
        for h in range(-6, 30)
    ]  # fmt: skip
    return Forecast(at=NOW, source="made up", spells=tuple(spells))


AIM = Aim(capacity=10, use=12, reserve=20)


@pytest.mark.parametrize(
    ("forecast", "settings", "soc"),
    [
        pytest.param(sunny(0), {}, 100.0, id="no sun: all of it, and it will not do"),
        pytest.param(
            sunny(0, hours=range(0)), {"use": 4}, 50.0, id="no sun, a small house: 18 h of it and the reserve"
        ),
        pytest.param(sunny(5), {}, 38.0, id="much sun: enough until it rises at 08:00 UTC, 3.5 h at 0.5 kWh"),
        pytest.param(sunny(5, low=0.0), {}, 100.0, id="cautious: a dark day is possible"),
        pytest.param(sunny(5, low=0.0), {"cautious": False}, 38.0, id="bold"),
        pytest.param(sunny(0), {"most": 90}, 90.0, id="never more than that"),
        pytest.param(sunny(0), {"use": 0}, 20.0, id="a house that uses nothing"),
    ],
)
def test_the_battery_should_last_until_power_is_cheap_again(forecast: Forecast, settings: Any, soc: float) -> None:
    emit = aim(Aim(**{"capacity": 10, "use": 12, "reserve": 20, **settings}), None, forecast, NOW)

    assert emit is not None
    assert isinstance(emit.body, BatteryTarget)
    assert emit.body.soc == soc
    assert emit.body.until == datetime(2026, 6, 21, 4, 30, tzinfo=UTC)  # 05:30 local


def test_an_old_or_short_forecast_aims_at_nothing() -> None:
    old, short = sunny(5), Forecast(at=NOW, source="x", spells=sunny(5).spells[:20])

    assert aim(AIM, None, old, NOW + timedelta(hours=19)) is None
    assert aim(AIM, None, short, NOW) is None
    assert aim(AIM, None, None, NOW) is None


def test_a_roof_with_other_steps_is_added_by_half_hours() -> None:
    start = datetime(2026, 6, 21, 9, tzinfo=UTC)
    hour = Spell(start=start, end=start + timedelta(hours=1), kwh=2.0)
    half = Spell(start=start, end=start + timedelta(minutes=30), kwh=1.0)
    other = Spell(start=half.end, end=hour.end, kwh=3.0)

    assert [(s.start.minute, s.kwh) for s in together([hour], [half, other])] == [(0, 2.0), (30, 4.0)]


def test_what_one_roof_does_not_tell_is_not_known_of_the_house() -> None:
    hour = timedelta(hours=1)
    first, second = (Spell(start=NOW + n * hour, end=NOW + (n + 1) * hour, kwh=1.0) for n in range(2))
    sun = Forecast.of(NOW, "open-meteo", [(first, second), (second,)])

    assert sun.energy(NOW + hour, NOW + 2 * hour, False) == pytest.approx(2.0)
    assert sun.energy(NOW, NOW + hour, False) is None
