"""`wattwire setup` as a newcomer meets it, against the simulated Octopus behind a real HTTP server."""

import json
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner, Result
from watched import Watched

from wattwire.flows.commands.drafting import env_text, tariff_name
from wattwire.flows.commands.setup import command
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.names import dotenv
from wattwire.nodes import Asked, Json, Reply, Started
from wattwire.nodes.sim_octopus import KEY, Config, step
from wattwire.nodes.sim_octopus_answers import answer
from wattwire.nodes.sim_octopus_car import State

KEYED = KEY.reveal()


class Octopus(ThreadingHTTPServer):
    """The simulator on a port; `over` answers in its place where a test wants something else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cfg, now = Config(), datetime.now(UTC)
        self.state, _ = step(self.cfg, State(), Started(), None, None, now)
        self.over: dict[str, Reply] = {}  # word in the path or the body -> reply

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def tells(self, asked: Asked) -> Reply:
        whole = asked.path + json.dumps(asked.json)
        if (other := next((r for word, r in self.over.items() if word in whole), None)) is not None:
            return other
        self.state, reply = answer(self.cfg, self.state, asked, datetime.now(UTC))
        return reply


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.respond(None)

    def do_POST(self) -> None:
        self.respond(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def respond(self, body: Any) -> None:
        assert isinstance(self.server, Octopus)
        where = urlsplit(self.path)
        headers = {k.lower(): v for k, v in self.headers.items()}
        reply = self.server.tells(Asked(self.command, where.path, dict(parse_qsl(where.query)), headers, body))
        text = (reply.text or json.dumps(reply.json)).encode()
        self.send_response(reply.status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def octopus() -> Iterator[Octopus]:
    server = Octopus()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


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


def setup(octopus: Octopus | str, folder: Path, *args: str, key: str = KEYED, say: str | None = None) -> Result:
    """With the key from a file; `say` is what a person types."""
    (folder.parent / "key").write_text(key + "\n")
    url = octopus if isinstance(octopus, str) else octopus.url
    quiet = () if say is not None else ("--yes",)
    given = [str(folder), "--key-file", str(folder.parent / "key"), "--url", url, *quiet, *args]
    return CliRunner().invoke(command, given, input=say)


def test_a_key_alone_is_enough_for_a_flow_that_can_run(octopus: Octopus, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path / "house")

    assert done.output.splitlines()[:4] == [
        "The key is good.",
        "Account A-51300000",
        "  * Simulated car (SmartFlexVehicle): LIVE, SMART_CONTROL_CAPABLE",
        "Tariff E-1R-INTELLI-VAR-24-10-29-A: from 7.00 p to 28.00 p, standing charge 54.00 p a day",
    ]
    assert done.exit_code == 0
    assert dotenv(tmp_path / "house" / ".env") == {
        "OCTOPUS_API_KEY": KEYED,
        "OCTOPUS_ACCOUNT": "A-51300000",
        "OCTOPUS_PRODUCT": "INTELLI-VAR-24-10-29",
        "OCTOPUS_TARIFF": "E-1R-INTELLI-VAR-24-10-29-A",
    }
    flow = load(tmp_path / "house" / "my_house.yaml", env={}, env_file=tmp_path / "house" / ".env")
    assert {"dispatchFetcher", "rateResolver", "rateFetcher", "alarm"} <= flow.nodes.keys()
    assert not [n.name for n in flow.nodes.values() if n.type.name.startswith(("tesla", "victronGx"))]
    assert flow.nodes["dispatchFetcher"].config.url == f"{octopus.url}/v1/graphql/"


@pytest.mark.broker
def test_the_flow_runs_and_reads_the_plan_the_tariff_and_its_prices(octopus: Octopus, tmp_path: Path) -> None:
    setup(octopus, tmp_path / "house")
    env = str(tmp_path / "house" / ".env")
    run = Watched(tmp_path / "run", (tmp_path / "house" / "my_house.yaml").read_text(), "--env", env, "--shadow")
    try:
        run.early().ready()
        (plan, *_), (prices, *_) = run.came("dispatchFetcher.plan"), run.came("rateFetcher.prices")
        assert plan["body"]["device"] == "00000000-0000-4000-8000-000000000001"
        assert prices["body"]["standing"] == 54.0
        run.signal(signal.SIGINT)
        assert run.end(20) == 0
    finally:
        run.close()


def test_the_key_is_readable_by_its_owner_alone_and_never_shown(octopus: Octopus, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path / "house")

    assert stat.S_IMODE((tmp_path / "house" / ".env").stat().st_mode) == 0o600
    assert KEYED not in done.output
    assert KEYED not in (tmp_path / "house" / "my_house.yaml").read_text()
    assert sorted(p.name for p in (tmp_path / "house").iterdir()) == [".env", "my_house.yaml"]


def test_a_key_that_is_typed_is_not_echoed(octopus: Octopus, tmp_path: Path) -> None:
    typed = f"{KEYED}\n\nn\n"
    done = CliRunner().invoke(command, [str(tmp_path), "--url", octopus.url], input=typed)

    assert done.exit_code == 0, done.output
    assert KEYED not in done.output


def test_what_else_stands_in_the_env_file_stays(octopus: Octopus, tmp_path: Path) -> None:
    before = "# mine\nMQTT_PASSWORD='a b'\nexport OCTOPUS_ACCOUNT=A-1 # old\nOTHER=1\n"
    (tmp_path / ".env").write_text(before)
    (tmp_path / ".env").chmod(0o644)
    setup(octopus, tmp_path)

    assert (tmp_path / ".env").read_text().splitlines()[:4] == [
        "# mine",
        "MQTT_PASSWORD='a b'",
        "OCTOPUS_ACCOUNT=A-51300000",
        "OTHER=1",
    ]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(octopus: Octopus, tmp_path: Path) -> None:
    setup(octopus, tmp_path)
    first = [(p.name, p.read_text()) for p in sorted(tmp_path.iterdir())]
    setup(octopus, tmp_path)

    assert [(p.name, p.read_text()) for p in sorted(tmp_path.iterdir())] == first


def test_a_flow_that_was_changed_by_hand_is_kept_beside_the_new_one_or_left_alone(
    octopus: Octopus, tmp_path: Path
) -> None:
    (tmp_path / "my_house.yaml").write_text("flow: mine\n")
    left = setup(octopus, tmp_path, say="\nn\nn\n")
    alone = (tmp_path / "my_house.yaml").read_text()
    setup(octopus, tmp_path)

    assert "Put the new one in its place?" in left.output
    assert alone == "flow: mine\n"
    assert (tmp_path / "my_house.yaml.old").read_text() == "flow: mine\n"


def test_a_gx_that_answers_is_in_the_flow(octopus: Octopus, gx: socket.socket, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path, "--gx", "127.0.0.9")
    flow = load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env")

    assert "  127.0.0.9 answers\n" in done.output
    assert flow.nodes["victronGx"].config.host == "127.0.0.9"


def test_a_gx_that_does_not_answer_is_said_with_what_to_do(octopus: Octopus, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path, "--gx", "127.0.0.8")

    assert (
        "127.0.0.8 does not answer on port 1883 or 8883: on the GX, switch on Settings, Services, MQTT" in done.output
    )
    assert done.exit_code == 0


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


def accounts(*numbers: str) -> Reply:
    found: list[Json] = [{"number": n} for n in numbers]
    return Reply(200, {"data": {"viewer": {"accounts": found}}})


def error(code: str, message: str = "no") -> Reply:
    return Reply(200, {"errors": [{"message": message, "extensions": {"errorCode": code}}]})


def on(tariff: str) -> Reply:
    agreed: Json = {"tariff_code": tariff, "valid_from": "2025-01-01T00:00:00Z", "valid_to": None}
    return Reply(200, {"properties": [{"electricity_meter_points": [{"is_export": False, "agreements": [agreed]}]}]})


NONE = Reply(200, {"data": {"devices": []}})


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"viewer": accounts()}, "the key belongs to no account\n"),
        ({"viewer": accounts("A-1", "A-2")}, "several accounts: A-1, A-2: say which with --account\n"),
        (
            {"devices": NONE},
            "account A-51300000 has no live car or charger: add it under Devices in the Octopus app, then",
        ),
        ({"devices": error("KT-CT-4301")}, "account A-51300000 has no live car or charger"),
        (
            {"accounts/": on("E-1R-AGILE-24-10-01-A")},
            "your tariff is E-1R-AGILE-24-10-01-A, and not Intelligent Octopus Go",
        ),
        ({"accounts/": on("E-1R-INTELLI-FLUX-IMPORT-23-07-14-A")}, "and not Intelligent Octopus Go"),
        ({"accounts/": Reply(200, {"properties": []})}, "account A-51300000 buys no electricity now"),
        ({"accounts/": Reply(404, {"detail": "Not found."})}, "Octopus knows no such account"),
        (
            {"obtain": error("KT-CT-1139", "Authentication failed.")},
            "Octopus does not take this key (Authentication failed):",
        ),
        (
            {"obtain": error("KT-CT-1199", "Too many.")},
            "Octopus gets too many questions with this key: wait a quarter of an",
        ),
        ({"obtain": Reply(403, text="<html>")}, "a firewall stands before Octopus"),
        ({"obtain": Reply(503, text="<html>")}, "Octopus cannot be asked now: HTTP 503\n"),
        (
            {"viewer": error("KT-CT-1145", "Details do not match.")},
            "this key may not be used for that (Details do not match.)",
        ),
    ],
)
def test_what_is_in_the_way_is_one_sentence_and_nothing_is_written(
    octopus: Octopus, tmp_path: Path, over: dict[str, Reply], told: str
) -> None:
    octopus.over = over
    done = setup(octopus, tmp_path / "house")

    assert done.stderr.startswith(told) or told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.exit_code == 1
    assert not (tmp_path / "house").exists()


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    done = setup("http://127.0.0.1:9", tmp_path / "house")

    assert done.stderr.startswith("Octopus cannot be asked now: 127.0.0.1 cannot be reached")
    assert done.exit_code == 1


def test_a_key_that_is_none_is_not_tried(octopus: Octopus, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path / "house", key="my key")

    assert done.stderr.startswith("that is no API key")


def test_only_where_there_is_a_choice_is_one_asked_for(octopus: Octopus, tmp_path: Path) -> None:
    octopus.over = {"viewer": accounts("A-1", "A-51300000")}
    done = setup(octopus, tmp_path, say="2\n\nn\n")

    assert "  1  A-1\n  2  A-51300000\nWhich account?: 2\nAccount A-51300000\n" in done.output
    assert done.exit_code == 0


def test_a_second_time_what_was_said_before_need_not_be_said_again(octopus: Octopus, tmp_path: Path) -> None:
    first = setup(octopus, tmp_path, "--gx", "127.0.0.8")
    done = CliRunner().invoke(command, [str(tmp_path), "--url", octopus.url, "--yes"])

    assert first.exit_code == done.exit_code == 0
    assert done.output.startswith(
        "The key is the one in .env; another one is taken with --key-file.\nThe key is good.\n"
    )
    assert dotenv(tmp_path / ".env")["GX_HOST"] == "127.0.0.8"
    assert "victronGx" in load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env").nodes


def test_an_env_file_that_cannot_be_read_is_said_before_anything_is_asked(octopus: Octopus, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("what is this\n")
    done = setup(octopus, tmp_path)

    assert "not a line of NAME=value" in done.stderr
    assert "put that right first: nothing was written" in done.stderr


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


def test_the_four_rate_tariff_has_its_own_prices_and_rules(octopus: Octopus, tmp_path: Path) -> None:
    octopus.cfg = replace(octopus.cfg, prices=replace(octopus.cfg.prices, code="E-1R-IOG-SMB-TOU-25-12-12-A"))
    done = setup(octopus, tmp_path)

    assert "house 7.00 p and 28.00 p, car 7.00 p and 28.00 p, standing charge 54.00 p a day" in done.output
    assert "tariff: intelligent_go_four_rate" in (tmp_path / "my_house.yaml").read_text()


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("INTELLI-VAR-24-10-29", "intelligent_go"),
        ("INTELLI-BB-VAR-23-03-01", "intelligent_go"),
        ("IOG-KDP-FIX-12M-25-04-10", "intelligent_go"),
        ("IOG-SMB-TOU-25-12-12", "intelligent_go_four_rate"),
        ("INTELLI-FLUX-IMPORT-23-07-14", "intelligent_flux"),
        ("AGILE-24-10-01", "agile"),
        ("NOBODY-KNOWS", ""),
    ],
)
def test_a_product_s_rules_are_found_among_the_tariffs(product: str, name: str) -> None:
    assert tariff_name(product) == name


def test_values_are_quoted_so_that_they_are_read_as_they_were_meant(tmp_path: Path) -> None:
    odd = {"A": 'p"a\\s s#1', "B": "", "C": "plain-1"}
    (tmp_path / ".env").write_text(env_text("", odd, {"A": "there already", "D": "to come"}))

    assert dotenv(tmp_path / ".env") == {**odd, "D": ""}
