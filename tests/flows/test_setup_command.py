"""`wattwire setup` as a newcomer meets it: what it writes, and what a second run leaves alone."""

import signal
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from newcomer import KEYED, Octopus, accounts, setup
from watched import Watched

from wattwire.flows.commands.drafting import env_text, tariff_name
from wattwire.flows.commands.setup import command
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.names import dotenv


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

    assert "already exists and differs. Replace it?" in left.output
    assert alone == "flow: mine\n"
    assert (tmp_path / "my_house.yaml.old").read_text() == "flow: mine\n"


def test_only_where_there_is_a_choice_is_one_asked_for(octopus: Octopus, tmp_path: Path) -> None:
    octopus.over = {"viewer": accounts("A-1", "A-51300000")}
    done = setup(octopus, tmp_path, say="2\n\nn\n")

    assert "  1  A-1\n  2  A-51300000\nWhich account?: 2\nAccount A-51300000\n" in done.output
    assert done.exit_code == 0


def test_a_second_time_what_was_said_before_need_not_be_said_again(octopus: Octopus, tmp_path: Path) -> None:
    first = setup(octopus, tmp_path, "--gx", "127.0.0.8")
    done = CliRunner().invoke(command, [str(tmp_path), "--url", octopus.url, "--yes"])

    assert first.exit_code == done.exit_code == 0
    assert done.output.startswith("Using the key in .env; for another one, give --key-file.\nThe key is good.\n")
    assert dotenv(tmp_path / ".env")["GX_HOST"] == "127.0.0.8"
    assert "victronGx" in load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env").nodes


def test_the_four_rate_tariff_has_its_own_prices_and_rules(octopus: Octopus, tmp_path: Path) -> None:
    octopus.cfg = replace(octopus.cfg, prices=replace(octopus.cfg.prices, code="E-1R-IOG-SMB-TOU-25-12-12-A"))
    done = setup(octopus, tmp_path)

    assert "house 7.00 p and 28.00 p, car 7.00 p and 28.00 p, standing charge 54.00 p a day" in done.output
    assert "tariff: intelligent_go_four_rate" in (tmp_path / "my_house.yaml").read_text()


def test_an_intelligent_product_that_nobody_knows_yet_is_said_and_still_makes_a_flow_that_runs(
    octopus: Octopus, tmp_path: Path
) -> None:
    octopus.cfg = replace(octopus.cfg, prices=replace(octopus.cfg.prices, code="E-1R-IOG-NEW-27-01-01-A"))
    done = setup(octopus, tmp_path)

    assert done.exit_code == 0
    assert "`wattwire tariffs` does not cover the product IOG-NEW-27-01-01" in done.output
    assert load(tmp_path / "my_house.yaml", env={}, env_file=tmp_path / ".env").name == "myHouse"


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
