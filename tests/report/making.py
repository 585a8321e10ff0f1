"""The parts of a report, each ordinary but for what a test says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from camscan.model import (
    AssessedAsset,
    Asset,
    Attachment,
    AttemptStatus,
    CollectorAttempt,
    Confidence,
    Coverage,
    CoverageLevel,
    Evidence,
    Finding,
    Identification,
    Judgement,
    Ledger,
    Observation,
    Report,
    Run,
    Scope,
    Settle,
    SiteContext,
    Verdict,
    Via,
)

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
END = datetime(2026, 11, 21, 18, 4, 30, tzinfo=UTC)

ATTACHED = Attachment(switch="sw-3", port="14", vlan=20, seen_on=START, direct=True)

QUESTION = "Is 10.20.0.0/24 a sensitive site?"


def run(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "id": "20261121T180000Z-poznań",
        "command": "scan",
        "started_at": START,
        "ended_at": END,
        "site": SiteContext(name="Poznań", class_="other"),
        "policies": ("uk-department",),
        "version": "0.0.0",
        "data_version": "2026-11-21.0123456789",
        "as_of": date(2026, 11, 21),
        "privileged": True,
    }
    return Run(**(values | changes))


def scope(**changes: Any) -> Scope:
    values: dict[str, Any] = {"ranges": ("10.20.0.0/24",), "interfaces": ("eth0",)}
    return Scope(**(values | changes))


def attempt(**changes: Any) -> CollectorAttempt:
    values: dict[str, Any] = {
        "collector": "arp",
        "target": "10.20.0.0/24",
        "status": AttemptStatus.COMPLETED,
        "started_at": START,
        "ended_at": END,
        "sent": 508,
        "received": 12,
    }
    return CollectorAttempt(**(values | changes))


def observation(ip: str | None = "10.20.0.11", **changes: Any) -> Observation:
    values: dict[str, Any] = {
        "protocol": "http",
        "collector": "tcp",
        "via": Via.ACTIVE,
        "site": "Poznań",
        "fields": (("http.server", "webserver"), ("http.title", "Überwachung")),
        "first_seen_at": START,
        "last_seen_at": END,
        "ip": ip,
        "port": 80,
        "link_mac": "bc:ad:28:00:00:01",
        "raw": b"HTTP/1.0 200 OK\r\n\r\n",
    }
    return Observation(**(values | changes))


def asset(number: int, **changes: Any) -> Asset:
    mac = f"bc:ad:28:{number >> 16:02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"
    ip = f"10.20.{number >> 8}.{number & 0xFF}"
    values: dict[str, Any] = {
        "key": f"mac:{mac}",
        "site": "Poznań",
        "macs": (mac,),
        "ips": (ip,),
        "hostnames": (),
        "observations": (observation(ip, link_mac=mac),),
        "first_seen": START,
        "last_seen": END,
    }
    return Asset(**(values | changes))


def evidence(**changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "fingerprint": "hikvision.sadp.model",
        "field": "sadp.model",
        "value": "DS-2CD2042WD-I",
        "observation": 0,
        "says": (("maker", "hikvision"), ("model", "DS-2CD2042WD-I")),
        "witness": "wire",
    }
    return Evidence(**(values | changes))


def known(**changes: Any) -> Identification:
    values: dict[str, Any] = {
        "kind": "camera",
        "form": "dome",
        "brand": "annke",
        "maker": "hikvision",
        "maker_basis": "wire-shows-maker",
        "model": "C800",
        "confidence": Confidence.CERTAIN,
        "evidence": (evidence(),),
    }
    return Identification(**(values | changes))


def finding(verdict: Verdict, **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "policy": "uk-department",
        "rule": "uk.hcws386",
        "verdict": verdict,
        "act": "deploy",
        "force": "instruction",
        "installed": "consider",
        "reason": "SADP names Hikvision firmware; the written statement of 24 November 2022 tells departments to cease deployment.",
        "references": ("https://questions-statements.parliament.uk/written-statements/detail/2022-11-24/hcws386",),
        "evidence": (0,),
    }
    return Finding(**(values | changes))


def for_review(status: str = "open") -> Finding:
    return finding(
        Verdict.REVIEW,
        because=("site",),
        settle=Settle(question=QUESTION, outcomes=(("yes", Verdict.PROHIBITED), ("no", Verdict.REVIEW))),
        assumptions=("the site is presumed to hold a facility to be secured",),
        status=status,
    )


def assessed(
    number: int, verdict: Verdict | None, *findings: Finding, identification: Identification | None = None, **changes: Any
) -> AssessedAsset:
    return AssessedAsset(
        asset=asset(number, **changes),
        identification=identification or known(),
        judgement=Judgement(verdict=verdict, findings=findings),
        ledger=Ledger(packets=31, connections=4, requests=6, bytes_sent=2210),
    )


LINK = Coverage(range="10.20.0.0/24", level=CoverageLevel.LINK, complete=True, hosts_alive=12)


def report(*assets: AssessedAsset, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "run": run(),
        "scope": scope(),
        "attempts": (attempt(),),
        "coverage": (LINK,),
        "assets": assets,
        "complete": True,
        "display": (("annke", "ANNKE"), ("axis", "Axis"), ("hikvision", "Hikvision")),
    }
    return Report(**(values | changes))
