"""How Solcast, forecast.solar and Open-Meteo are asked, and what their answers are worth.

Sources: docs.solcast.com.au (rooftop sites), doc.forecast.solar (estimate), open-meteo.com/en/docs (tilted irradiance).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .calls import Budget, Fault, Reply, Request, Secret
from .sun import Spell, forecast_solar, open_meteo, solcast

if TYPE_CHECKING:
    from .solar_forecast import Config

AT = {
    "solcast": "https://api.solcast.com.au",
    "forecast.solar": "https://api.forecast.solar",
    "open-meteo": "https://api.open-meteo.com",
}


def questions(cfg: Config) -> int:
    return len(cfg.sites if cfg.source == "solcast" else cfg.planes)


def question(cfg: Config, roof: int) -> Request:
    """What to ask for one roof; each is a call of its own."""
    base, tag = (cfg.url or AT[cfg.source]).rstrip("/"), str(roof)
    if cfg.source == "solcast" and cfg.key is not None:
        return Request(
            method="GET",
            url=f"{base}/rooftop_sites/{cfg.sites[roof]}/forecasts",
            query={"format": "json", "hours": "48"},
            authorization=Secret(f"Bearer {cfg.key.reveal()}"),
            budgets=(Budget(name="solcast", most=cfg.calls_per_day, per="day"),),
            tag=tag,
        )
    plane = cfg.planes[roof]
    if cfg.source == "forecast.solar":
        where = f"{cfg.lat}/{cfg.lon}/{plane.tilt:g}/{plane.azimuth:g}/{plane.kwp:g}"
        return Request(
            method="GET",
            url=f"{base}/estimate/watthours/period/{where}",
            query={"time": "utc"},
            budgets=(Budget(name="forecast.solar", most=12, per=timedelta(hours=1)),),
            tag=tag,
        )
    return Request(
        method="GET",
        url=f"{base}/v1/forecast",
        query={
            "latitude": f"{cfg.lat}",
            "longitude": f"{cfg.lon}",
            "hourly": "global_tilted_irradiance",
            "tilt": f"{plane.tilt:g}",
            "azimuth": f"{plane.azimuth:g}",
            "timezone": "UTC",
            "forecast_days": "3",
        },
        budgets=(Budget(name="open-meteo", most=100, per="day"),),
        tag=tag,
    )


def heard(cfg: Config, reply: Reply) -> tuple[Spell, ...] | Fault:
    """One roof's spells. An empty or half answer is none: no sun is what a forecast says, not what is missing."""
    if reply.status != 200:
        return reply.fault(_words(reply))
    match cfg.source:
        case "solcast":
            told = solcast(reply)
        case "forecast.solar":
            told = forecast_solar(reply)
        case _:
            told = open_meteo(reply, cfg.planes[int(reply.tag or 0)], cfg.loss)
    return told or reply.fault("the answer holds no forecast")


def _words(reply: Reply) -> str:
    match reply.json:
        case {"message": {"text": str(text)}} | {"reason": str(text)} | {"response_status": {"message": str(text)}}:
            return text
    return reply.why or f"HTTP {reply.status}"
