"""A key or a token appears nowhere but in the messages that carry one and in files for their owner's eyes only."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from forgetful import forgetful
from looking import retained
from watched import Watched

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
]

FLOW = """
flow: whispers
include: simulated_house
nodes:
  simOctopus:  {config: {api_key: simulated-octopus-MARK, token_life: 6s, plan_reads: 1000}}
  krakenToken: {config: {api_key: simulated-octopus-MARK}}
  simTesla:    {config: {token_life: 6s}}
  teslaToken:  {config: {refresh_token: simulated-refresh-MARK}}
  moment:      {config: {every: 1s}}
  gossip:      {type: gossip, config: {password: simulated-password-MARK}}
edges:
  - {from: krakenToken.token,            to: gossip.token}
  - {from: dispatchFetcher.plan,         to: dispatchFetcher.poll, after: 1s}
  - {from: moment.tick,                  to: teslaState.poll}
  - {from: dispatchFetcher.unauthorised, to: krakenToken.want, every: 1s}
  - {from: teslaState.unauthorised,      to: teslaToken.want, every: 1s}
  - {from: krakenToken.refused,          to: alarm.why}
ends: [gossip.told, gossip.crashed, krakenDevice.crashed, dispatchFetcher.crashed]
"""

SECRETS = re.compile(rb"simulated-octopus-MARK|simulated-refresh-MARK|simulated-password-MARK|sim-access-|sim-refresh-|"
                     rb"eyJhbGciOiJzaW11bGF0ZWQi|by-hand-MARK")  # fmt: skip
POISON = (
    b'"by-hand-MARK"',
    b'{"token": ["by-hand-MARK"]}',
    b'{"token": "a", "expires": "by-hand-MARK"}',
    b'{"token": "by-hand-MARK\\nMARK", "expires": "2030-01-01T00:00:00Z"}',
    b"by-hand-MARK",
)
MAY = re.compile(r"wattwire/whispers/(krakenToken/token|teslaToken/token|\w+/in/token)")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Watched]:
    forgetful(tmp_path / "house" / "state")
    made = Watched(tmp_path / "house", FLOW, "--prefer", "mosquitto")
    yield made
    made.close()


def told_again(house: Watched) -> dict[str, bytes]:
    """What the broker hands to somebody who comes now."""
    return retained(house.note["url"])


@pytest.fixture
def tailed(house: Watched, tmp_path: Path) -> Iterator[Path]:
    """What `tail` shows from the first token on."""
    house.early().ready()
    house.came("krakenToken.token")  # so there is a running flow to be found
    shown = tmp_path / "tailed"
    command = [sys.executable, "-m", "wattwire.flows", "tail", str(house.file), "--state", str(house.state)]
    with shown.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as tail:
        yield shown
        tail.kill()


def test_a_key_and_a_token_appear_nowhere(house: Watched, tailed: Path) -> None:
    # Both tokens expire and are asked for again
    house.came("krakenToken.token", 2)
    house.came("teslaToken.token", 2)
    house.until(lambda: re.search(rb" krakenToken\.token .*\n", tailed.read_bytes()))
    # Poison where tokens go in: no token, half a token, one that no header can carry, and no JSON
    for poison in POISON:
        house.raw("krakenDevice/in/token", poison)
        house.raw("teslaState/in/token", poison)
        house.raw("dispatchFetcher/in/token", poison)
    house.raw("krakenDevice/in/poll", b"null")
    house.came("krakenDevice.crashed", 3)
    # Who holds a token dies of it, and who makes them is killed
    for node in ("krakenToken", "teslaToken", "teslaState", "dispatchFetcher"):
        house.kill(node)
    house.came("gossip.crashed")
    # The key is refused
    house.give("simOctopus.fault", {"kind": "wrongKey"})
    house.give("krakenToken.want", None)
    house.came("krakenToken.refused")
    house.came("alarm.said")
    metrics = [house.admin("/metrics"), house.admin("/sd"), house.admin("/health")]
    for target in json.loads(metrics[1]):
        metrics.append(house.admin(target["labels"]["__metrics_path__"]))
    retained = told_again(house)
    processes = subprocess.check_output(["ps", "-eo", "args"])
    house.signal(signal.SIGINT)
    house.end(15)

    said = {m.topic for m in house.messages if SECRETS.search(m.payload)}
    assert len([t for t in said if t.endswith("Token/token")]) == 2  # else nothing was looked for
    assert [t for t in said if not MAY.fullmatch(t)] == []
    assert [m.topic for m in house.messages if m.retain and SECRETS.search(m.payload)] == []
    assert len(retained) > 30
    assert [t for t, payload in retained.items() if SECRETS.search(payload)] == []
    assert [line for line in house.lines if SECRETS.search(line.encode())] == []
    assert [text for text in metrics if SECRETS.search(text.encode())] == []
    assert [line for line in tailed.read_bytes().splitlines() if SECRETS.search(line)] == []
    assert re.search(rb" krakenToken\.token +\*\*\*\n", tailed.read_bytes())
    assert not SECRETS.search(processes)
    assert [f.name for f in house.open_files() if SECRETS.search(f.read_bytes())] == []
