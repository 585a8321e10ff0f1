"""Reports for every format to render: the ordinary, the empty and the hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from camscan.model import (
    Alternative,
    AssessedAsset,
    Asset,
    Attachment,
    AttemptReason,
    AttemptStatus,
    CollectorAttempt,
    Confidence,
    Conflict,
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

HOSTILE = "\x1b[2J\x1b]8;;http://192.0.2.66/\x07click\x1b]8;;\x07 \u202egpj.exe\u2066 [red]x[/red] =cmd|' /C calc'!A0 <script>alert(1)</script>\r\nSet\x9bm\x00"
"""Clears the screen, plants a link, reorders text, speaks markup, a formula, HTML, a second line and C1 controls."""

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
    mac = f"bc:ad:28:00:00:{number:02x}"
    values: dict[str, Any] = {
        "key": f"mac:{mac}",
        "site": "Poznań",
        "macs": (mac,),
        "ips": (f"10.20.0.{number}",),
        "hostnames": (),
        "observations": (observation(f"10.20.0.{number}", link_mac=mac),),
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


def empty() -> Report:
    """Nothing was covered at all."""
    return report(
        coverage=(Coverage(range="10.20.0.0/24", level=CoverageLevel.NONE, complete=False, detail="eth0: interface down"),),
        attempts=(
            attempt(
                status=AttemptStatus.SKIPPED,
                reason=AttemptReason.UNREACHABLE,
                detail="eth0: interface down",
                sent=0,
                received=0,
            ),
        ),
        complete=False,
        incomplete_because=("1 of 1 ranges not covered (10.20.0.0/24: interface down)",),
    )


def nothing_found() -> Report:
    return report(coverage=(replace(LINK, hosts_alive=0),))


def nothing_judged() -> Report:
    unknown = Identification(kind="unknown")
    return report(
        assessed(11, None),
        assessed(12, None, identification=unknown),
        run=run(policies=()),
    )


def every_verdict() -> Report:
    """One device of each verdict, two that wait for one answer, a relabel, a recorder, a contradiction, a marking, an excluded address."""
    axis = known(brand="axis", maker="axis", maker_basis="own-label", model="M3045-V", form="fixed")
    conflicted = known(
        brand="annke",
        maker=None,
        maker_basis=None,
        confidence=Confidence.TENTATIVE,
        conflicts=(
            Conflict(
                kind="maker",
                detail="the OUI says one maker, ONVIF another: consistent with a relabel, a proxy or an altered banner",
            ),
        ),
        alternatives=(
            Alternative(brand="annke", maker="hikvision", confidence=Confidence.TENTATIVE, reason="an editable banner"),
        ),
    )
    return report(
        assessed(11, Verdict.PROHIBITED, finding(Verdict.PROHIBITED)),
        assessed(
            12,
            Verdict.PROHIBITED,
            finding(
                Verdict.PROHIBITED,
                status="planned",
                exception="ex-0123456789ab",
                status_note="replacement by Axis P3265, until 2027-03-01, ticket CHG-7; recorded by R. Nowak",
            ),
            identification=known(
                brand="hikvision",
                kind="nvr",
                form=None,
                model="DS-7804HQH-K1",
                made_on=date(2021, 3, 4),
                made_on_evidence=evidence(),
            ),
        ),
        assessed(13, Verdict.RESTRICTED, finding(Verdict.RESTRICTED, act="connect")),
        assessed(14, Verdict.REVIEW, for_review()),
        assessed(15, Verdict.REVIEW, for_review()),
        assessed(16, Verdict.UNIDENTIFIED, identification=conflicted),
        replace(
            assessed(17, Verdict.NOT_ASSESSED, identification=Identification()),
            judgement=Judgement(verdict=Verdict.NOT_ASSESSED, reason="alive, but answered no question"),
        ),
        assessed(
            18,
            Verdict.NO_FINDING,
            finding(Verdict.NO_FINDING, note="no like-for-like replacement can be bought"),
            identification=axis,
        ),
        assessed(
            19,
            Verdict.NOT_APPLICABLE,
            identification=Identification(kind="other", confidence=Confidence.FIRM, kind_confidence=Confidence.FIRM),
            outside_scope=True,
        ),
        run=run(marking="OFFICIAL-SENSITIVE"),
        scope=scope(
            exclude=("10.20.0.250", "00:40:8c:00:00:01"),
            authorised_by="R. Nowak",
            reference="CHG-2041",
            sha256="0" * 64,
            not_before=START,
            not_after=END,
            hours="08:00-18:00",
        ),
        assumptions=("the site is presumed to hold a facility to be secured",),
        warnings=("uk.hcws386 is past its day of review",),
    )


def partial() -> Report:
    """Found something, and did not look everywhere."""
    return report(
        assessed(11, Verdict.PROHIBITED, finding(Verdict.PROHIBITED)),
        coverage=(
            LINK,
            Coverage(range="10.20.30.0/24", level=CoverageLevel.ROUTED, complete=True, hosts_alive=3),
            Coverage(range="10.20.40.0/24", level=CoverageLevel.NONE, complete=False, detail="vlan 40: interface down"),
        ),
        attempts=(
            attempt(),
            attempt(
                collector="nmap", status=AttemptStatus.SKIPPED, reason=AttemptReason.MISSING_TOOL, detail="apt-get install nmap"
            ),
        ),
        complete=False,
        incomplete_because=("1 of 3 ranges not covered (vlan 40: interface down)",),
    )


def hostile() -> Report:
    """A device that lies wherever it may speak."""
    said = observation(fields=(("http.server", HOSTILE), ("http.title", HOSTILE)), raw=HOSTILE.encode())
    told = known(
        brand=HOSTILE,
        model=HOSTILE,
        firmware=HOSTILE,
        serial=HOSTILE,
        form=HOSTILE,
        evidence=(evidence(value=HOSTILE, says=(("model", HOSTILE),)),),
        conflicts=(Conflict(kind="maker", detail=HOSTILE),),
    )
    return report(
        assessed(
            11,
            Verdict.PROHIBITED,
            finding(Verdict.PROHIBITED, reason=HOSTILE),
            identification=told,
            hostnames=(HOSTILE,),
            observations=(said,),
        ),
        attempts=(
            attempt(sample=HOSTILE.encode(), detail=HOSTILE, status=AttemptStatus.PARTIAL, reason=AttemptReason.TIMEOUT),
        ),
        display=(("hikvision", "Hikvision"),),
    )


CANNED = {
    "empty": empty,
    "nothing_found": nothing_found,
    "nothing_judged": nothing_judged,
    "every_verdict": every_verdict,
    "partial": partial,
    "hostile": hostile,
}
