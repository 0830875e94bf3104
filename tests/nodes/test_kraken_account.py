from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Budget, Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.kraken_account import Config, ask, read
from wattwire.nodes.kraken_accounts import (
    Account,
    Agreement,
    TariffCode,
    choose,
    in_force,
    intelligent,
    numbers,
    tariff_code,
)

CFG = Config(api_key=Secret("sk_live_x"), account="A-00000000")
NOW = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)


def agreement(code: str, since: str = "2026-01-01", until: str | None = None) -> Json:
    return {
        "tariff_code": code,
        "valid_from": f"{since}T00:00:00+00:00",
        "valid_to": until and f"{until}T00:00:00+01:00",
    }


def point(*agreements: Json, export: bool = False) -> Json:
    return {"mpan": "1", "is_export": export, "agreements": list(agreements)}


def reply(*points: Json, came: str | None = None, left: str | None = None) -> Reply:
    home: Json = {"moved_in_at": came, "moved_out_at": left, "electricity_meter_points": list(points)}
    return Reply(200, {"number": "A-00000000", "properties": [home]}, at=NOW)


GO = "E-1R-INTELLI-VAR-24-10-29-A"


def test_the_tariff_of_the_import_meter_is_found_and_what_is_sold_is_told() -> None:
    sold = point(agreement("E-1R-OUTGOING-VAR-24-10-26-A"), export=True)
    old = agreement("E-1R-VAR-22-11-01-A", "2025-01-01", "2026-01-01")

    assert read(CFG, reply(sold, point(old, agreement(GO)))) == Emit(
        "account",
        Account(
            at=NOW,
            number="A-00000000",
            tariff=GO,
            product="INTELLI-VAR-24-10-29",
            region="A",
            since=datetime(2026, 1, 1, tzinfo=UTC),
            export="E-1R-OUTGOING-VAR-24-10-26-A",
        ),
    )


def test_another_tariff_than_the_flow_s_is_said() -> None:
    cfg = Config(api_key=Secret("k"), account="A-00000000", tariff=GO)
    told = read(cfg, reply(point(agreement("E-1R-IOG-SMB-TOU-25-12-12-A", "2026-06-02"))))

    assert isinstance(told, list)
    assert [e.port for e in told] == ["account", "changed"]
    assert told[1].body == Fault(
        "the account is on E-1R-IOG-SMB-TOU-25-12-12-A since 02 June 2026, and the flow reckons with "
        "E-1R-INTELLI-VAR-24-10-29-A: run `wattwire setup` again"
    )


def test_of_several_meters_the_flow_s_own_tariff_counts_then_the_intelligent_one() -> None:
    two = reply(point(agreement("E-1R-VAR-22-11-01-A")), point(agreement(GO)))
    any_, flat = (read(Config(api_key=Secret("k"), account="A", tariff=t), two) for t in ("", "E-1R-VAR-22-11-01-A"))

    assert isinstance(any_, Emit)
    assert isinstance(flat, Emit)
    assert [e.body.tariff for e in (any_, flat) if isinstance(e.body, Account)] == [GO, "E-1R-VAR-22-11-01-A"]


@pytest.mark.parametrize(
    "found",
    [
        reply(),
        reply(point()),
        reply(point(agreement(GO, "2026-11-01"))),
        reply(point(agreement(GO, "2025-11-01", "2026-10-01"))),
        reply(point(agreement(GO), export=True)),
        reply(point(agreement(GO)), left="2026-09-01T00:00:00+01:00"),
        reply(point(agreement(GO)), came="2026-11-01T00:00:00Z"),  # not yet moved into
        reply(point({"tariff_code": GO, "valid_from": "soon"}, None)),
    ],
)
def test_who_buys_no_electricity_has_no_tariff(found: Reply) -> None:
    assert read(CFG, found) == Emit("none", Fault("this account buys no electricity now", 200))


@pytest.mark.parametrize(
    ("answer", "port"),
    [
        (Reply(401, {"detail": "Invalid API key."}), "refused"),
        (Reply(403, {"detail": "no"}), "refused"),
        (Reply(404, {"detail": "Not found."}), "refused"),
        (Reply(403, text="<html>"), "blocked"),
        (Reply(429, {}), "throttled"),
        (Reply(0, spent="octopus e87b54"), "spent"),
        (Reply(0), "failed"),
        (Reply(502), "failed"),
        (Reply(200, {"detail": "?"}), "failed"),
        (Reply(200, text="{"), "failed"),
    ],
)
def test_every_other_answer_has_a_port(answer: Reply, port: str) -> None:
    sent = read(CFG, answer)

    assert isinstance(sent, Emit)
    assert sent.port == port


def test_the_key_is_the_user_of_a_basic_authorization_and_never_prints() -> None:
    request = ask(CFG, None)

    assert request == Request(
        method="GET",
        url="https://api.octopus.energy/v1/accounts/A-00000000/",
        authorization=Secret("Basic c2tfbGl2ZV94Og=="),
        budgets=(Budget(name="octopus e87b54", most=50, per=timedelta(hours=1)),),
    )
    assert "sk_live_x" not in repr(request)


# What the discovery is made of


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (GO, TariffCode(product="INTELLI-VAR-24-10-29", region="A")),
        ("E-2R-VAR-22-11-01-P", TariffCode(registers="2R", product="VAR-22-11-01", region="P")),
        ("E-FLAT2R-SILVER-23-12-06-A", TariffCode(registers="FLAT2R", product="SILVER-23-12-06", region="A")),
        ("G-1R-VAR-22-11-01-C", TariffCode(energy="G", product="VAR-22-11-01", region="C")),
        ("IOG-SMB-TOU-25-12-12-B", TariffCode(product="IOG-SMB-TOU-25-12-12", region="B")),  # no E-1R- in front
        ("V2G-EXPORT-12M-FIXED-22-12-01-C", TariffCode(product="V2G-EXPORT-12M-FIXED-22-12-01", region="C")),
        ("E-1R-AGILE-24-10-01-I", None),  # there is no region I
        ("E-1R-AGILE-24-10-01-O", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_a_tariff_code_is_taken_apart_from_both_ends(code: str, parts: TariffCode | None) -> None:
    assert tariff_code(code) == parts


@pytest.mark.parametrize(
    ("product", "is_one"),
    [
        ("INTELLI-22-03-29", True),
        ("INTELLI-BB-VAR-23-03-01", True),
        ("IOG-KDP-FIX-12M-25-04-10", True),
        ("IOG-SMB-TOU-25-12-12", True),
        ("intelli-var-22-10-14", True),
        ("INTELLI-FLUX-IMPORT-23-07-14", False),
        ("intelli-flux-import-23-07-14", False),
        ("AGILE-24-10-01", False),
        ("GO-VAR-22-10-14", False),
    ],
)
def test_intelligent_go_is_told_from_intelligent_flux(product: str, is_one: bool) -> None:
    assert intelligent(product) == is_one


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ([("2026-01-01", None), ("2026-06-01", None)], 1),  # the one that began last
        ([("2026-06-01", None), ("2026-01-01", "2026-12-01")], 0),
        ([("2026-06-01", "2026-06-01"), ("2026-01-01", None)], 1),  # begins and ends at once
        ([("2026-01-01", "2026-10-01")], None),
        ([("2026-11-01", None)], None),
    ],
)
def test_the_agreement_in_force_began_last_and_has_not_ended(
    spans: list[tuple[str, str | None]], code: int | None
) -> None:
    found = in_force([agreement(f"T{n}", *span) for n, span in enumerate(spans)], NOW)

    assert (found and found.tariff) == (None if code is None else f"T{code}")


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "2200-01-01T00:00:00+00:00"])
def test_an_agreement_until_the_year_9999_has_no_end(until: str) -> None:
    one: Json = {"tariff_code": GO, "valid_from": "2026-01-01T00:00:00Z", "valid_to": until}

    assert in_force([one], NOW) == Agreement(GO, datetime(2026, 1, 1, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("there", "wanted", "code"),
    [
        ([], "", "no_accounts"),
        ([], "A-1", "no_accounts"),
        (["A-1"], "A-2", "account_not_found"),
        (["A-1", "A-2"], "", "several_accounts"),
    ],
)
def test_why_an_account_cannot_be_chosen_has_a_code(there: list[str], wanted: str, code: str) -> None:
    found = choose(there, wanted)

    assert isinstance(found, Fault)
    assert found.code == code


def test_the_wanted_account_is_taken_or_the_only_one() -> None:
    assert choose(["A-1"]) == "A-1"
    assert choose(["A-1", "A-2"], "A-2") == "A-2"


def test_the_accounts_of_a_key_are_listed() -> None:
    told = numbers(Reply(200, {"data": {"viewer": {"accounts": [{"number": "A-1"}, {}, None, {"number": "A-2"}]}}}))

    assert told == ["A-1", "A-2"]
    assert not isinstance(numbers(Reply(502)), list)
    assert not isinstance(numbers(Reply(200, {"data": {"viewer": None}})), list)
