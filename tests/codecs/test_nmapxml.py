"""XML files of nmap, whole, cut off and hostile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import nmapxml
from camscan.codecs.base import DecodeError
from camscan.model import MAX_RAW, Via
from tests import factories

RAW = (Path(__file__).parents[1] / "samples" / "nmapxml" / "nmap_7.93_two-hosts.bin").read_bytes()
OPENING = b'<nmaprun scanner="nmap" start="1772366400" version="7.93">'


def host(inner: bytes = b"", ip: str = "192.0.2.9") -> bytes:
    return b'<host><status state="up"/><address addr="%s" addrtype="ipv4"/>%s</host>' % (ip.encode(), inner)


def test_a_run_gives_its_hosts_with_ports_and_products() -> None:
    scan = nmapxml.decode(RAW)
    assert (scan.version, scan.complete, scan.unreadable) == ("7.93", True, 0)
    assert scan.started_at == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    up, down = scan.hosts
    assert (up.addresses, up.mac, up.hostnames, up.state) == (("10.20.0.9",), "bc:ad:28:00:00:01", ("cam9.example",), "up")
    assert up.ports[0] == nmapxml.Port(
        number=80, transport="tcp", state="open", service="http", product="Hikvision IPCam httpd 1.0 (User name: admin)"
    )
    assert (down.state, down.ports) == ("down", ())


def test_open_ports_alone_are_observed() -> None:
    assert nmapxml.observe(nmapxml.decode(RAW).hosts[0]) == (
        ("nmap.product", "Hikvision IPCam httpd 1.0 (User name: admin)"),
        ("nmap.service", "http"),
        ("nmap.service", "ssl/http"),
        ("tcp.port", "443"),
        ("tcp.port", "80"),
    )


def test_output_of_scripts_is_not_kept() -> None:
    raw = nmapxml.decode(RAW).hosts[0].raw
    assert b"script" not in raw
    assert b"Hikvision IPCam httpd" in raw


def test_observations_carry_the_time_that_nmap_noted() -> None:
    (seen,) = nmapxml.observations(
        nmapxml.decode(RAW), collector="replay", via=Via.IMPORT, site="Zürich", read_at=factories.NOON
    )
    assert (seen.ip, seen.link_mac, seen.protocol, seen.site) == ("10.20.0.9", "bc:ad:28:00:00:01", "nmap", "Zürich")
    assert seen.first_seen_at == seen.last_seen_at == datetime(2026, 3, 1, 12, 0, 12, tzinfo=UTC)


def test_a_run_that_was_interrupted_gives_the_hosts_before_its_end() -> None:
    cut = RAW[: RAW.index(b'<host starttime="1772366401" endtime="1772366412"><status state="down"')]
    scan = nmapxml.decode(cut)
    assert [one.addresses for one in scan.hosts] == [("10.20.0.9",)]
    assert not scan.complete


def test_an_unreadable_host_is_counted_and_the_next_is_read() -> None:
    raw = (
        OPENING
        + b"<host><address addr='not an address' addrtype='ipv4'/></host>"
        + host()
        + b"<runstats><finished time='1'/></runstats></nmaprun>"
    )
    scan = nmapxml.decode(raw)
    assert (scan.unreadable, len(scan.hosts), scan.complete) == (1, 1, True)


def test_a_file_larger_than_one_document_may_be_is_read_host_by_host() -> None:
    raw = (
        OPENING
        + b"".join(host(b"<!--" + b"x" * 400 + b"-->", f"10.20.{n // 256}.{n % 256}") for n in range(2_000))
        + b"</nmaprun>"
    )
    assert len(raw) > 900_000
    assert len(nmapxml.decode(raw).hosts) == 2_000


def test_entities_and_document_types_in_a_host_are_refused() -> None:
    raw = (
        b'<!DOCTYPE nmaprun [<!ENTITY a "b">]>'
        + OPENING
        + host(b"<hostnames><hostname name='&a;'/></hostnames>")
        + b"</nmaprun>"
    )
    names = [name for one in nmapxml.decode(raw).hosts for name in one.hostnames]
    assert "b" not in names


def test_ports_and_bytes_of_a_host_are_capped() -> None:
    ports = b"".join(
        b'<port protocol="tcp" portid="%d"><state state="open"/><service name="http"/></port>' % n for n in range(1, 3_000)
    )
    (one,) = nmapxml.decode(OPENING + host(b"<ports>" + ports + b"</ports>")).hosts
    assert len(one.ports) == nmapxml.MAX_PORTS
    assert len(one.raw) == MAX_RAW


@pytest.mark.parametrize("start", ["", "x", "-1", "99999999999999", "999999999999", "١٢٣"])
def test_an_impossible_time_is_none(start: str) -> None:
    raw = f'<nmaprun start="{start}">'.encode() + host()
    assert nmapxml.decode(raw).started_at is None


@pytest.mark.parametrize("raw", [b"", b"<html></html>", b"<nmaprun", b"x" * 5000 + RAW])
def test_what_is_no_run_of_nmap_is_refused(raw: bytes) -> None:
    assert not nmapxml.recognise(raw) or raw == b"<nmaprun"
    with pytest.raises(DecodeError):
        nmapxml.decode(raw)


@given(st.integers(0, len(RAW) - 1), st.integers(0, 255))
def test_a_changed_byte_raises_nothing_but_decode_errors(position: int, value: int) -> None:
    changed = bytearray(RAW)
    changed[position] = value
    try:
        scan = nmapxml.decode(bytes(changed))
    except DecodeError:
        return
    for one in scan.hosts:
        nmapxml.observe(one)


def test_a_host_that_nmap_gave_up_on_is_told_from_one_without_open_ports() -> None:
    host = b"<host%s><status state='up'/><address addr='192.0.2.64' addrtype='ipv4'/></host>"
    scan = nmapxml.decode(
        b"<nmaprun>" + host % b" timedout='true'" + host % b"" + b"<runstats><finished/></runstats></nmaprun>"
    )
    assert [one.given_up for one in scan.hosts] == [True, False]
