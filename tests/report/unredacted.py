"""The report that redaction is tried on, and what stands in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from camscan.model import (
    Attachment,
    Attestation,
    Channel,
    Conflict,
    Coverage,
    CoverageLevel,
    DeviceException,
    Egress,
    Report,
    SiteContext,
    StandingAttestation,
    StatementsUsed,
    Verdict,
)
from tests.report import making

SERIAL = "DS-2CD2385G1-I20230514AAWR555555555"
SITE = SiteContext(
    name="Whitehall-7",
    class_="sensitive",
    zone="core",
    purpose="national-security",
    decision="extend",
    decision_on=date(2026, 1, 2),
    decision_reference="MIN-4711",
    equipment_owner="Crown Estate Office",
    controller="Security Branch Nine",
    ranges=("10.77.0.0/16", "fd77:1::/64"),
)
ANNEX = SiteContext(name="Poznań-Annex", class_="sensitive", ranges=("10.78.0.0/24",))
ORIGINALS = {
    "10.77.5.31", "10.77.5.32", "10.77.5.9", "10.77.9.1", "10.77.0.0/16", "10.78.0.0/24", "fd77:1::/64", "fd77:1::31",
    "bc:ad:28:9a:7b:6c", "bc-ad-28-9a-7b-6c", "bcad289a7b6c", "bcad.289a.7b6c", "9a:7b:6c", "02:99:88:77:66:55", SERIAL,
    "DS2CD2385G1I20230514AAWR555555555", "555555555", "kamera-wejście", "gate-three-cam", "Gate Three", "Whitehall-7",
    "Poznań-Annex", "MIN-4711", "Crown Estate Office", "Security Branch Nine", "sw-vault-3", "Te1/0/44", "core-sw-9",
    "J. Inspector", "photo-0815", "TAG-90210", "R. Acceptor", "RISK-331", "watches the strongroom", "Warden X9", "CHG-9942",
    "A. Authoriser", "/srv/vault/attestations.toml", "f" * 64, "e" * 64, "deadbeefcafe", "at-0123456789ab", "ex-ba9876543210",
    "strongroom.ddns.example", "10.77.200.200", "203.0.113.77", "secret.pcap", "door 12", "class=sensitive", "Warehouse",
    "vault-lan", "04:aa:bb:cc", "11223344-5566-7788-99aa-bcad289a7b6c",
}  # fmt: skip
"""What stands in `planted` and may stand in nothing that is redacted."""


def planted() -> Report:
    """A report in which every kind of thing that is masked stands, in every place where it may stand."""
    said = making.observation(
        "10.77.5.31",
        site="Whitehall-7",
        link_mac="bc:ad:28:9a:7b:6c",
        raw=b"deadbeefcafe Gate Three",
        fields=(
            ("arp.ip", "10.77.5.31"),
            ("dhcp.hostname", "kamera-wejście"),
            ("http.auth.realm", f"Login to {SERIAL}"),
            ("http.body", "<title>Gate Three</title> deadbeefcafe"),
            ("http.location", "http://10.77.5.31/doc/page/login.asp"),
            ("http.server", "webserver BCAD289A7B6C at 10.77.5.31"),
            ("http.title", "Gate Three"),
            ("isapi.mac", "BC-AD-28-9A-7B-6C"),
            ("onvif.serial", SERIAL),
            ("sadp.model", "DS-2CD2385G1-I"),
            ("sadp.serial", SERIAL),
            ("snmp.sysname", "gate-three-cam"),
            ("tls.serial", "04:aa:bb:cc"),
            ("wsd.epr", "urn:uuid:11223344-5566-7788-99aa-bcad289a7b6c"),
            ("wsd.scopes", "onvif://www.onvif.org/location/Warehouse onvif://www.onvif.org/hardware/DS"),
        ),
    )
    shows = (
        making.evidence(value="DS-2CD2385G1-I"),
        making.evidence(
            fingerprint="hikvision.sadp.serial",
            field="sadp.serial",
            value=SERIAL,
            says=(("serial", SERIAL), ("maker", "hikvision")),
        ),
        making.evidence(fingerprint="oui:bcad28/24", field="mac", value="bc:ad:28:9a:7b:6c", witness="oui"),
    )
    camera = making.assessed(
        11,
        Verdict.PROHIBITED,
        making.finding(
            Verdict.PROHIBITED,
            status="accepted",
            exception="ex-ba9876543210",
            status_note="until 2027-03-01, ticket RISK-331: watches the strongroom; recorded by R. Acceptor; "
            "not a statutory exception or waiver",
            reason="Seen in sadp.model; uk.hcws386: a title (2022; instruction); on this the rule instructs departments at sensitive "
            "sites of Whitehall-7; replacing equipment already there should be considered; see "
            "https://questions-statements.parliament.uk/written-statements/detail/2022-11-24/hcws386. "
            "Not expected: this is Whitehall-7. Isolation does not hold: 10.77.5.31 sent to 203.0.113.77.",
        ),
        identification=making.known(
            brand="hikvision",
            model="DS-2CD2385G1-I",
            firmware="5.7.3.11",
            serial=SERIAL,
            evidence=shows,
            conflicts=(Conflict(kind="maker", detail=f"realm {SERIAL} at 10.77.5.31 says another maker than BCAD.289A.7B6C"),),
        ),
        key="mac:bc:ad:28:9a:7b:6c",
        site="Whitehall-7",
        ips=("10.77.5.31", "fd77:1::31"),
        macs=("bc:ad:28:9a:7b:6c",),
        hostnames=("kamera-wejście", "gate-three-cam"),
        observations=(said,),
        conflicts=(Conflict(kind="address-shared", detail="10.77.5.31 is also answered by 02:99:88:77:66:55"),),
    )
    stated = Attestation(
        id="at-0123456789ab", device="mac:bc:ad:28:9a:7b:6c", bound_to=("mac=bc:ad:28:9a:7b:6c", f"sadp.serial={SERIAL.lower()}"),
        by="J. Inspector", basis="label", recorded_on=date(2026, 11, 2), ref="photo-0815", location="Gate Three", asset_tag="TAG-90210",
    )  # fmt: skip
    accepted = DeviceException(
        id="ex-ba9876543210", status="accepted", device=f"serial:hikvision:{SERIAL}", bound_to=("mac=bc:ad:28:9a:7b:6c",),
        owner="R. Acceptor", ticket="RISK-331", recorded_on=date(2026, 11, 2), expires_on=date(2027, 3, 1), covers=(),
        reason="watches the strongroom", replacement="Warden X9",
    )  # fmt: skip
    calls = (
        Egress(
            how="connected", destination="203.0.113.77", names=("strongroom.ddns.example",), ports=("443/tcp",), bytes_out=9,
            bound="exact", first_seen=making.START, last_seen=making.END, outside=True, internet=True,
        ),
        Egress(
            how="connected", destination="10.77.200.200", ports=("443/tcp",), bound="exact", first_seen=making.START,
            last_seen=making.END,
        ),
        Egress(
            how="connected", destination="198.51.100.200", names=("dev.hik-connect.com",), who="hikvision", purpose="registration",
            ports=("443/tcp",), bound="exact", first_seen=making.START, last_seen=making.END, outside=True, internet=True,
        ),
    )  # fmt: skip
    camera = replace(
        camera,
        site=ANNEX,
        attached_to=Attachment(
            switch="sw-vault-3", port="Te1/0/44", vlan=3977, seen_on=making.START, direct=False, behind="core-sw-9", port_macs=3
        ),
        attestations=(StandingAttestation(attestation=stated, lapsed="the device is another one: MAC was bc:ad:28:9a:7b:6c"),),
        exceptions=(accepted,),
        egress=calls,
        channels=(
            Channel(
                number=1, brand="hikvision", model="DS-1", address="10.77.5.9", source="ONVIF video source 3, called door 12"
            ),
        ),
    )
    other = making.assessed(
        12,
        Verdict.REVIEW,
        replace(making.for_review(), settle=replace(making.for_review().settle, question="Is 10.78.0.0/24 a sensitive site?")),  # type: ignore[type-var]
        site="Whitehall-7",
        key="ip:Whitehall-7:10.77.5.32",
        ips=("10.77.5.32",),
        macs=(),
        observations=(making.observation("10.77.5.32", site="Whitehall-7", link_mac=None, fields=(("http.server", "x"),)),),
    )
    return making.report(
        camera,
        other,
        run=making.run(
            id="20261121T180000Z-Whitehall-7",
            site=SITE,
            sites=(ANNEX,),
            marking="OFFICIAL",
            inputs=("secret.pcap",),
            attestations=StatementsUsed(
                file="/srv/vault/attestations.toml", sha256="e" * 64, entries=1, used=("at-0123456789ab",)
            ),
        ),
        scope=making.scope(
            ranges=("10.77.0.0/16", "fd77:1::/64"),
            exclude=("10.77.9.1", "02:99:88:77:66:55"),
            authorised_by="A. Authoriser",
            reference="CHG-9942",
            sha256="f" * 64,
            infrastructure=("10.77.9.1",),
            interfaces=("eth0",),
        ),
        attempts=(
            making.attempt(target="10.77.0.0/16, fd77:1::/64", detail="10.77.5.32 answered late", sample=b"deadbeefcafe"),
            making.attempt(collector="capture", target="secret.pcap"),
            making.attempt(collector="multicast", target="vault-lan"),
        ),
        coverage=(
            Coverage(
                range="10.77.0.0/16", level=CoverageLevel.LINK, complete=False, hosts_alive=2, detail="10.77.9.1 silent", site="Poznań-Annex"
            ),
        ),
        complete=False,
        incomplete_because=("1 of 1 ranges not covered (10.77.0.0/16: Whitehall-7)",),
        warnings=("exception ex-ba9876543210 of mac:bc:ad:28:9a:7b:6c ends soon (ticket RISK-331, recorded by R. Acceptor)",),
        assumptions=("Whitehall-7 is presumed to be a facility",),
    )  # fmt: skip
