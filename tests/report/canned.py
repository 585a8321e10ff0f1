"""Reports for every format to render: the ordinary, the empty, the hostile and the large."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from camscan.model import (
    Alternative,
    AttemptReason,
    AttemptStatus,
    Attestation,
    Channel,
    Confidence,
    Conflict,
    Coverage,
    CoverageLevel,
    Covered,
    DeviceException,
    Egress,
    Identification,
    Judgement,
    Presence,
    Report,
    StandingAttestation,
    Step,
    Verdict,
)
from tests.report.making import (
    ATTACHED,
    END,
    LINK,
    START,
    assessed,
    attempt,
    evidence,
    finding,
    for_review,
    known,
    observation,
    report,
    run,
    scope,
)

HOSTILE = (
    "\x1b[2J\x1b]8;;http://192.0.2.66/\x07click\x1b]8;;\x07 \u202egpj.exe\u2066 [red]x[/red] =cmd|' /C calc'!A0 "
    '<script>alert(1)</script>\r\nSet\x9bm\x00 <svg onload=alert(1)> "]><!--&lt;b&gt; CEF:0|a|b\\|c=d\\=e ;=cmd|A0 '
    "![i](http://192.0.2.66/i.png) [l](javascript:alert(1)) `code` | cell | **b** ~~s~~ @user www.example.org "
    "\n# heading\n\x85 \u2028caf\udce9"
)
"""Clears the screen, plants links, reorders text, speaks markup of five kinds, a formula, further lines, C1 controls and a byte of no text."""
FORMULAS = ("=cmd|' /C calc'!A0", "+1+cmd|A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1", "\uff1d1", "a;=1")
"""What a spreadsheet would run, each with another beginning."""
LENGTH = 64 * 1024
"""Characters of a name that is longer than any that a device may have."""

PLANNED = DeviceException(
    id="ex-0123456789ab",
    status="planned",
    device="mac:bc:ad:28:00:00:0b",
    bound_to=("mac=bc:ad:28:00:00:0b",),
    owner="R. Nowak",
    ticket="CHG-7",
    recorded_on=date(2026, 11, 2),
    expires_on=date(2027, 3, 1),
    covers=(Covered(rule="uk.hcws386", act="deploy", verdict="prohibited"),),
    due=date(2027, 3, 1),
    replacement="Axis P3265",
    maker="hikvision",
)


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


def prohibited() -> Report:
    """One camera of which everything is known: where it hangs and stands, when it was made, what is planned and what to do."""
    plan = (
        Step(name="rule", text="uk.hcws386 (instruction) instructs departments to cease deployment."),
        Step(name="verify", text="Verify by eye: find the unit. Take a photograph."),
        Step(name="plan", text="Plan its removal: a date, an owner, a replacement."),
    )
    note = "replacement by Axis P3265, until 2027-03-01, ticket CHG-7; recorded by R. Nowak"
    found = finding(Verdict.PROHIBITED, status="planned", exception=PLANNED.id, status_note=note, action=plan)
    camera = assessed(
        11,
        Verdict.PROHIBITED,
        found,
        identification=known(firmware="V5.7.3", serial="DS-C800-0001", made_on=date(2023, 5, 14), made_on_evidence=evidence()),
        hostnames=("kamera-wejście",),
    )
    stated = Attestation(
        id="at-0123456789ab",
        device=camera.asset.key,
        bound_to=PLANNED.bound_to,
        by="R. Nowak",
        basis="label",
        recorded_on=date(2026, 11, 2),
        location="Gate 3, north",
        asset_tag="CAM-0114",
    )
    return report(
        replace(
            camera,
            attached_to=ATTACHED,
            attestations=(StandingAttestation(attestation=stated),),
            exceptions=(PLANNED,),
            presence=Presence(since=datetime(2024, 2, 1, 6, 0, tzinfo=UTC)),
        ),
        run=run(marking="OFFICIAL"),
    )


def hostile() -> Report:
    """A device that lies wherever it may speak."""
    return _hostile(HOSTILE)


def hostile_at_length() -> Report:
    """The same, and every text is 64 KiB long."""
    return _hostile((HOSTILE * LENGTH)[:LENGTH])


def _hostile(text: str) -> Report:
    raw = text.encode("utf-8", "surrogatepass")
    said = observation(fields=(("http.server", text), ("http.title", text)), raw=raw)
    told = known(
        brand=text,
        model=text,
        firmware=text,
        serial=text,
        form=text,
        evidence=(evidence(value=text, says=(("model", text),)),),
        conflicts=(Conflict(kind="maker", detail=text),),
    )
    liar = assessed(
        11,
        Verdict.PROHIBITED,
        finding(Verdict.PROHIBITED, reason=text),
        identification=told,
        hostnames=(text,),
        observations=(said,),
    )
    caller = Egress(how="asked", names=(text,), first_seen=START, last_seen=END, evidence=(0,))
    behind = Channel(number=1, brand=text, model=text, address=text, source=text)
    return report(
        replace(liar, attached_to=replace(ATTACHED, switch=text, port=text), egress=(caller,), channels=(behind,)),
        attempts=(attempt(sample=raw[:256], detail=text, status=AttemptStatus.PARTIAL, reason=AttemptReason.TIMEOUT),),
        display=(("hikvision", "Hikvision"),),
    )


def formulas() -> Report:
    """Devices whose every text is a formula."""
    return report(
        *(
            assessed(
                number,
                Verdict.PROHIBITED,
                finding(Verdict.PROHIBITED, reason=text),
                identification=known(brand=text, model=text, firmware=text, serial=text),
                hostnames=(text,),
            )
            for number, text in enumerate(FORMULAS, 1)
        )
    )


@cache
def ten_thousand() -> Report:
    """10,000 devices of every verdict."""
    verdicts = (Verdict.PROHIBITED, Verdict.REVIEW, Verdict.NO_FINDING, Verdict.UNIDENTIFIED, Verdict.NOT_ASSESSED)
    findings = {
        Verdict.PROHIBITED: (finding(Verdict.PROHIBITED),),
        Verdict.REVIEW: (for_review(),),
        Verdict.NO_FINDING: (finding(Verdict.NO_FINDING),),
    }
    unknown = Identification()
    devices = (
        assessed(
            number,
            verdict,
            *findings.get(verdict, ()),
            identification=unknown if verdict is Verdict.NOT_ASSESSED else known(serial=f"DS-C800-{number:05}"),
            hostnames=(f"camera-{number}",),
        )
        for verdict in verdicts
        for number in range(1 + verdicts.index(verdict), 10_001, len(verdicts))
    )
    return report(*devices, run=run(marking="OFFICIAL"), coverage=(replace(LINK, range="10.20.0.0/18", hosts_alive=10_000),))


CANNED = {
    "empty": empty,
    "nothing_found": nothing_found,
    "nothing_judged": nothing_judged,
    "prohibited": prohibited,
    "every_verdict": every_verdict,
    "partial": partial,
    "hostile": hostile,
    "formulas": formulas,
}
"""Reports whose every format is kept as an expected file."""
LARGE = {"hostile_at_length": hostile_at_length, "ten_thousand": ten_thousand}
"""Reports that are rendered and read back, and kept nowhere."""
