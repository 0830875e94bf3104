"""`wattwire setup` of what stands in the house: the GX and the car."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from newcomer import Octopus, setup

from wattwire.flows.engine.loading import load


@pytest.fixture
def gx() -> Iterator[socket.socket]:
    """Something that listens where a GX would."""
    with socket.socket() as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.9", 1883))
        except OSError:
            pytest.skip("127.0.0.9:1883 is taken")
        listener.listen()
        yield listener


def test_a_gx_that_answers_is_in_the_flow(octopus: Octopus, gx: socket.socket, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path, "--gx", "127.0.0.9")
    flow = load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env")

    assert "  127.0.0.9 answers\n" in done.output
    assert flow.nodes["victronGx"].config.host == "127.0.0.9"


def test_a_gx_that_does_not_answer_is_said_with_what_to_do(octopus: Octopus, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path, "--gx", "127.0.0.8")

    assert (
        "127.0.0.8 does not answer on port 1883 or 8883: on the GX, switch on MQTT access (Settings, Services, MQTT)"
        in done.output
    )
    assert done.exit_code == 0


def test_a_gx_with_a_password_has_its_certificate_kept_and_its_password_in_env(
    octopus: Octopus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattwire.flows.commands.gx_reach._listens", lambda host, port: port == 8883)
    monkeypatch.setattr("ssl.get_server_certificate", lambda address, timeout: "PEM\n")
    quiet = setup(octopus, tmp_path / "quiet", "--gx", "gx")
    asked = setup(octopus, tmp_path / "asked", "--gx", "gx", "--no-tesla", say='p "w\n')
    flow = load(tmp_path / "asked" / "my_house.yaml", env={}, env_file=tmp_path / "asked" / ".env")

    assert "Still to be filled in: GX_PASSWORD" in quiet.output
    assert asked.exit_code == 0, asked.output
    assert 'p "w' not in asked.output
    assert flow.nodes["victronGx"].config.password.reveal() == 'p "w'
    assert flow.nodes["victronGx"].config.ca == str(tmp_path / "asked" / "gx.pem")
    assert (tmp_path / "asked" / "gx.pem").read_text() == "PEM\n"


def test_tesla_s_entries_are_left_as_named_blanks_and_the_flow_runs_without_them(
    octopus: Octopus, tmp_path: Path
) -> None:
    done = setup(octopus, tmp_path, say="\ny\n")
    text = (tmp_path / ".env").read_text()

    assert done.exit_code == 0, done.output
    assert "# of your application at Tesla: developer.tesla.com, Create application\nTESLA_CLIENT_ID=\n" in text
    assert (
        "Still to be filled in: TESLA_VIN, the car's, from the app or the windscreen. Then run setup again."
        in done.output
    )
    assert "teslaState" not in load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env").nodes


def test_once_they_are_filled_in_the_car_is_in_the_flow(octopus: Octopus, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TESLA_CLIENT_ID=c\nTESLA_REFRESH_TOKEN=r\nTESLA_VIN=V\n")
    setup(octopus, tmp_path, "--tesla")

    assert "teslaState" in load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env").nodes
