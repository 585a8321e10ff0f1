"""Runs to keep, and what their files hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from camscan.model import Observation, Report
from camscan.report.observations import ObservationFile, dump, ledgers_of
from camscan.store.store import Store


def observations_of(report: Report) -> tuple[Observation, ...]:
    return tuple(one for judged in report.assets for one in judged.asset.observations)


def file_of(report: Report, observations: Iterable[Observation]) -> str:
    return "".join(dump(report.run, report.scope, report.attempts, observations, report.coverage, ledgers_of(report)))


def dumped(evidence: ObservationFile) -> str:
    return "".join(
        dump(evidence.run, evidence.scope, evidence.attempts, evidence.observations, evidence.coverage, evidence.ledgers)
    )


def as_kept(report: Report, store: Store, name: str) -> Report:
    """Return a report with the head of the chain as the store knows it."""
    return replace(report, run=replace(report.run, chain_head=store.run(name).run.chain_head))


def add(store: Store, report: Report) -> str:
    return store.add(report, observations_of(report))


def moved(report: Report, by: timedelta, **changes: Any) -> Report:
    """Return a report as it would be at another time, with ids and instants to match."""

    def at(moment: datetime) -> datetime:
        return moment + by

    def seen(one: Observation) -> Observation:
        return replace(one, first_seen_at=at(one.first_seen_at), last_seen_at=at(one.last_seen_at))

    assets = tuple(
        replace(
            judged,
            asset=replace(
                judged.asset,
                first_seen=at(judged.asset.first_seen),
                last_seen=at(judged.asset.last_seen),
                observations=tuple(map(seen, judged.asset.observations)),
            ),
        )
        for judged in report.assets
    )
    started_at = at(report.run.started_at)
    run = replace(
        report.run,
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{report.run.site.name}",
        started_at=started_at,
        ended_at=at(report.run.ended_at),
    )
    return replace(report, run=replace(run, **changes), assets=assets)
