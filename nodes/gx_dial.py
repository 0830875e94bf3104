"""Where a GX is reached, and settings that cannot be meant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from . import Dial
from .gx_slot import zone

if TYPE_CHECKING:
    from .victron_gx import Config

AWAKE = timedelta(seconds=60)  # after a keepalive a GX tells what changes for so long
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=10)  # that an override may outlive its writer


def meant(cfg: Config) -> None:
    if bool(cfg.host) == bool(cfg.url):
        raise ValueError("set either host or url")
    if not 0 <= cfg.slot <= 4:
        raise ValueError(f"slot is {cfg.slot}; a GX has 0 to 4")
    if cfg.keepalive <= timedelta() or (cfg.keepalive >= AWAKE and cfg.url != "mqtt://flow"):
        raise ValueError(f"keepalive is {cfg.keepalive}; a GX falls silent {AWAKE} after the last")
    if zone(cfg.timezone) is None:
        raise ValueError(f"no time zone is called {cfg.timezone}")
    if cfg.writes < 10:
        raise ValueError(f"writes is {cfg.writes}; a lease takes two of a setting, so 10 is the least that works")
    if cfg.hold == "overrides" and not cfg.proven:
        raise ValueError("hold: overrides needs proven, which `wattwire gx probe` prints")
    for firmware, life in cfg.proven.items():
        if not SHORTEST <= life <= LONGEST:
            raise ValueError(f"proven says {life} for {firmware}; overrides are used where they last 30 s to 10 min")


def dial(cfg: Config) -> Dial:
    safe = cfg.password is not None or cfg.ca is not None or cfg.insecure
    url = cfg.url or (f"mqtts://{cfg.host}:8883" if safe else f"mqtt://{cfg.host}:1883")
    check = cfg.verify_hostname or cfg.ca is None
    user = cfg.user or ("wattwire" if cfg.password is not None else None)  # any name will do, but not none
    return Dial(url=url, user=user, password=cfg.password, ca=cfg.ca, verify_hostname=check, insecure=cfg.insecure)
