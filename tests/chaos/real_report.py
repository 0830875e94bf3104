"""What is said of a run: a line now and then, and at its end what was lost, doubled or never over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .real_counting import by_kind, table
from .real_site import LOOPS

if TYPE_CHECKING:
    from .real import Run


def progress(run: Run) -> None:
    """A line, while it goes on."""
    effects, doubled = (
        sum(len(lane.ids) for _, lane in run.lanes),
        sum(len(lane.doubled) for _, lane in run.lanes),
    )
    said = [f"{f.kind} ({f'{f.took:.1f} s' if f.took is not None else 'under way'})" for f in run.faults[-1:]]
    under_way = sum(len(lane.missing) for _, lane in run.lanes)
    print(f"{datetime.now(UTC):%H:%M:%S} {effects} effects, {doubled} doubled, {under_way} under way, "
          f"{len(run.faults)} faults{', the last: ' + said[0] if said else ''}", flush=True)  # fmt: skip


def report(run: Run, before: dict[str, float], now: dict[str, float]) -> bool:
    """What came of it; whether all was well."""
    head = ["flow, lane", "sent", "effects", "lost", "doubled", "wrong", "copies seen", "no promise"]
    rows: list[list[object]] = [
        [f"{flow}, {lane.name}", len(lane.sent), len(lane.ids), len(lane.lost), len(lane.doubled) + lane.miscounted,
         len(lane.wrong), lane.copies, len(lane.unpromised)]
        for flow, lane in run.lanes if lane.sent or lane.ids
    ]  # fmt: skip
    rows.append(["all", *(sum(int(str(row[i])) for row in rows) for i in range(1, len(head)))])
    print("\n" + table(head, rows))
    print(
        "\n"
        + table(
            ["fault", "times", "median", "worst", "worst after its end"],
            [list(row) for row in by_kind(run.faults)],
        )
    )
    names = list(dict.fromkeys([*before, *now]))
    print("\n" + table(["MB (PSS)", "start", "end"], [
        [n, *(f"{found[n]:.1f}" if n in found else "-" for found in (before, now))] for n in names]))  # fmt: skip
    wrong = []
    for flow, lane in run.lanes:
        for word, which in (("lost", lane.lost), ("doubled", lane.doubled), ("tried wrongly", lane.wrong)):
            wrong += [f"{flow}, {lane.name}: {word} {sorted(which)[:10]}"] if which else []
        if lane.miscounted:
            wrong.append(f"{flow}, {lane.name}: the sink counted {lane.counted}, told {len(lane.ids)}")
    wrong += [f"{chain.name}: stands still: {name}" for chain in run.chains for name in ("own", *LOOPS)
              if name not in chain.over]  # fmt: skip
    wrong += [f"{chain.name}: set aside or crashed: {told}" for chain in run.chains for told in chain.crashed]
    wrong += [surprise for site in run.sites for surprise in site.surprises]
    wrong += [f"never over: {f.kind} at {f.at:.0f}" for f in run.faults if f.took is None]
    if run.leases:
        print(f"\nleases given {run.leases.given}, in force {run.leases.armed}, over {run.leases.ended}")
        wrong += run.leases.overdue
    print("\n" + "\n".join(wrong or ["nothing lost, nothing doubled"]), flush=True)
    for line in run.skipped:
        print(f"SKIPPED: {line}", flush=True)
    return not wrong
