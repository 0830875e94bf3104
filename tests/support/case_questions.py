"""What other people's cases ask, as questions to rateResolver: each group through a small adapter."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from case_talk import (
    CAPABLE,
    CASES,
    HALF_HOUR,
    Json,
    at,
    config,
    dispatch,
    listed,
    middles,
    plan,
    rate,
    trust,
    two_plans,
)

from wattwire.nodes.allowance import Allowance
from wattwire.nodes.half_hours import Window, clock_time, local_day
from wattwire.nodes.messages import Plan, Rate
from wattwire.nodes.tariff_windows import low_price, low_spans


def slot_prices(given: Json) -> Json:
    cfg, prices = config(trust=trust(given)), listed(given["rates"], "start", "end")
    instants = [at(r["start"]) + HALF_HOUR / 2 for r in given["rates"]]
    rates = [rate(cfg, now, *two_plans(given, now), prices=prices) for now in instants]
    cheap = [f"{r.until - HALF_HOUR:%Y-%m-%dT%H:%M:%SZ}" for r in rates if r.band == "cheap"]
    return {"value_inc_vat_by_slot": [r.house for r in rates], "adjusted_slot_starts": cheap}


def periods(given: Json) -> Json:
    cfg, noon = config(trust=trust(given)), at("2025-09-14T12:00:00+01:00")
    instants = middles(noon - 4 * HALF_HOUR, noon + 4 * HALF_HOUR)
    return [now for now in instants if rate(cfg, now, *two_plans(given, now)).band == "cheap"]


def periods_expected(expect: Json) -> Json:
    """A period makes every half hour cheap that it touches."""
    return [now for start, end in expect for now in middles(at(start), at(end))]


def current_and_next(given: Json) -> Json:
    now = at(given["now"])
    seen = rate(config(), now, plan(now, given["dispatches"]))
    ahead = seen.next.at if seen.next is not None and not seen.planned else None
    return seen.planned, ahead


def current_and_next_expected(expect: Json) -> Json:
    ahead = expect["next"] and at(expect["next"]["start"])
    return expect["current"] is not None, ahead and next(middles(ahead, ahead + HALF_HOUR)) - HALF_HOUR / 2


def boosted(given: Json) -> Json:
    now = at(given["now"])
    seen = rate(config(), now, plan(now, given["dispatches"]))
    return seen.car == 10.0 and "boost" in seen.why


def off_peak_by_price(given: Json) -> Json:
    now = at(given["now"])
    return rate(config(), now, plan(now, []), prices=listed(given["rates"], "start", "end")).house != 30


def rate_and_next(given: Json) -> Json:
    now = at(given["now"])
    seen = rate(config(), now, plan(now, []), prices=listed(given["rest_records"], "valid_from", "valid_to"))
    return seen.house, seen.next and (seen.next.house, seen.next.at)


def rate_and_next_expected(expect: Json) -> Json:
    return expect["current"]["value_inc_vat"], (expect["next"]["value_inc_vat"], at(expect["next"]["start"]))


def zero_is_a_price(given: Json) -> Json:
    nodes = [{**n, "value_inc_vat": float(n["value"])} for n in given["nodes"]]
    now, half = at(given["now"]), HALF_HOUR
    prices = listed(nodes, "valid_from", "valid_to")
    seen = {"previous": now - half, "current": now, "next": now + half}
    return {name: rate(config(), then, plan(then, []), prices=prices).house for name, then in seen.items()}


def cheap_minutes(given: Json) -> Json:
    """Whether the half hours a case names cost what it says; the plan is as it was at the case's own now."""
    now, level = at(given["now"]), given.get("trust", "offered")
    cfg = config(trust=level, allowance=Allowance(hours=given["cap_half_hours_per_noon_day"] / 2))

    def status(d: Json) -> str:
        return "completed" if level == "offered" and at(d["end"]) <= now else "planned"

    found = tuple(dispatch(d, status=status(d)) for d in given["dispatches"])

    def price(then: datetime) -> float | None:
        return rate(cfg, then, Plan(at=then, device="car", state=CAPABLE, dispatches=found)).house

    expect = next(c["expect"] for c in CASES.values() if c["given"] is given)
    return {
        name: [span for span in spans if {price(t) for t in middles(at(span[0]), at(span[1]))} == {cost}]
        for (name, spans), cost in zip(expect.items(), (4.0, 10.0), strict=True)
    }


def hours_used(given: Json) -> Json:
    now = at(given["now"])
    seen = rate(config(allowance=Allowance(hours=24)), now, plan(now, given["dispatches"]))
    return 24 - (seen.allowance_left or 0)


def within_allowance(given: Json) -> Json:
    spans = given["dispatches"]
    cfg = config(allowance=Allowance())
    instants = [t for d in spans for t in middles(at(d["start"]), at(d["end"]))]
    return all(rate(cfg, now, plan(now, spans)).band == "cheap" for now in instants)


def started(given: Json) -> Json:
    now = at(given["now"])
    before = plan(now, given["already_started"], "before", status="completed")
    seen = rate(config(), now, before, plan(now, given["planned"], "car", given["device_state"]))
    return [seen.until - HALF_HOUR] if seen.rung == "started" else []


def started_expected(expect: Json) -> Json:
    """Only the half hour that runs is looked at; the ledger of earlier ones is the allowance's."""
    return [at(block["start"]) for block in expect if block["start"] > "2023-07-14T09"]


def plan_changes_the_rate(given: Json) -> Json:
    now = at(given["now"])

    def with_plan(found: list[Json] | None) -> Rate:
        return rate(config(), now, *([] if found is None else [plan(now, found)]))

    return with_plan(given["before"]) != with_plan(given["after"])


def running_slot_changes_the_rate(given: Json) -> Json:
    now, cfg = at(given["now"]), config()
    before, after = plan(now - timedelta(minutes=1), given["before"]), plan(now, given["after"])
    return rate(cfg, now, before).house != rate(cfg, now, before, after).house


def inside_planned(given: Json) -> Json:
    now = at(given["now"])
    slots = [{"start": s["startDt"], "end": s["endDt"]} for s in given["slots"]]
    return rate(config(), now, plan(now, slots)).planned


def night(given: Json) -> Json:
    window = Window(from_=time.fromisoformat(given["start"]), until=time.fromisoformat(given["end"]))
    noon = at(f"{given['evening_date']}T00:00:00Z") + timedelta(hours=12 if given["start"] > given["end"] else 0)
    cfg = config(window=window, timezone=given["clock"])
    opens = rate(cfg, noon, plan(noon, [])).next
    assert opens is not None
    closes = rate(cfg, opens.at, plan(opens.at, [])).next
    assert closes is not None
    return opens.at, closes.at, (closes.at - opens.at) / timedelta(hours=1)


def night_expected(expect: Json) -> Json:
    return at(expect["start"]), at(expect["end"]), expect["hours"]


def local_half_hours(given: Json) -> Json:
    start, end = local_day(time(), given["timezone"], at(f"{given['date']}T12:00:00Z").timestamp())
    stamps = (f"{datetime.fromtimestamp(t, UTC):%Y-%m-%dT%H:%M:%SZ}" for t in (start, end))
    return {"count": (end - start) / 1800, **dict(zip(("from", "to"), stamps, strict=True))}


def local_clock(given: Json) -> Json:
    return clock_time("Europe/London", int(at(given["utc"]).timestamp()))


def low_price_of_day(given: Json) -> Json:
    """Not how rateResolver tells what is cheap; it is how a list is looked at when a house is set up."""
    pattern = given["rates_pattern"]
    start, end = at(pattern["from"]), at(pattern["to"])
    repeat = pattern["repeat"]
    return low_price(float(repeat[n % len(repeat)]) for n in range((end - start) // HALF_HOUR))


def low_windows(given: Json) -> Json:
    prices = listed(given["rest_records"], "valid_from", "valid_to")
    return low_spans(prices.import_, at(given["now"]))


ADAPTERS: dict[str, tuple[Callable[[Json], Json], Callable[[Json], Json] | None]] = {
    "price_half_hours": (slot_prices, None),
    "effective_dispatch_periods": (periods, periods_expected),
    "current_and_next": (current_and_next, current_and_next_expected),
    "is_bump_now": (boosted, None),
    "is_off_peak_by_price": (off_peak_by_price, None),
    "current_and_next_rate": (rate_and_next, rate_and_next_expected),
    "previous_current_next_slot": (zero_is_a_price, None),
    "price_at_minutes": (cheap_minutes, None),
    "allowance_hours_used": (hours_used, None),
    "within_six_hour_allowance": (within_allowance, None),
    "record_started": (started, started_expected),
    "plan_changed": (plan_changes_the_rate, None),
    "plan_changed_ignoring_progress": (running_slot_changes_the_rate, None),
    "inside_planned_slot": (inside_planned, None),
    "off_peak_price": (low_price_of_day, None),
    "off_peak_windows": (low_windows, lambda expect: [(at(span["start"]), at(span["end"])) for span in expect]),
    "night_window_utc": (night, night_expected),
    "half_hours_in_local_day": (local_half_hours, None),
    "to_local": (local_clock, lambda expect: expect[11:16]),
}
