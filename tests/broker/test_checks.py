"""What is wrong with a broker that is not ours is said before the first message is lost."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker import private
from wattwire.broker.checks import check
from wattwire.broker.doors import free_port, greets
from wattwire.broker.private import PrivateBroker
from wattwire.broker.tether import waited


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[str]:
    """mosquitto as it comes."""
    port, program = free_port(0), private.find_mosquitto()
    assert program
    (tmp_path / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    child = subprocess.Popen([program, "-c", str(tmp_path / "m.conf")], stderr=subprocess.DEVNULL)
    assert waited(lambda: greets(port), 30)
    yield f"mqtt://127.0.0.1:{port}"
    child.kill()
    child.wait()


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_stock_mosquitto_loses_and_delays(stock: str) -> None:
    said = " ".join(check(stock, limit=30))

    lost = re.search(r"lost (\d+) of 1500 messages", said)
    assert lost
    assert 400 < int(lost[1]) < 600  # how many it takes beyond its 1000 differs with its version
    assert "set_tcp_nodelay" in said


@pytest.mark.broker
@pytest.mark.mosquitto
def test_ours_does_not(mosquitto: PrivateBroker) -> None:
    assert check(mosquitto.url, limit=30) == []


@pytest.mark.broker
def test_the_embedded_one_shares_no_subscription(tmp_path: Path) -> None:
    with private.start(tmp_path, "embedded", port=0) as broker:
        (said,) = check(broker.url, limit=30)

    assert "no shared subscriptions" in said


@pytest.mark.broker
def test_it_leaves_nothing_behind(broker: PrivateBroker, dial: Callable[..., Any]) -> None:
    check(broker.url, limit=30)
    wire = dial(broker)
    wire.subscribe("wattwire/$check/#")
    wire.settle()

    assert wire.heard == []


def test_a_broker_that_is_not_there_is_said_once() -> None:
    (said,) = check(f"mqtt://127.0.0.1:{free_port(0)}", limit=20)

    assert "nobody answers there: connection refused" in said
