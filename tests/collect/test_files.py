"""What a file is shows in its first bytes; what it says becomes observations; damage is told and loses nothing before it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from camscan.collect.base import Tally
from camscan.collect.capture import CaptureReader
from camscan.collect.files import LISTINGS, InputKind, kind_of, read_input, read_nmap
from camscan.errors import UsageError
from camscan.model import Observation, Via
from tests.codecs.test_listings import EXAMPLES
from tests.samples_of import CAPTURE

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NMAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -oX - 192.0.2.0/28" start="1795000000" version="7.93" xmloutputversion="1.05">
<host starttime="1795000001" endtime="1795000002"><status state="up" reason="arp-response"/>
<address addr="192.0.2.7" addrtype="ipv4"/><address addr="00:BC:99:00:00:07" addrtype="mac" vendor="x"/>
<ports><port protocol="tcp" portid="554"><state state="open"/><service name="rtsp" product="Hikvision 7513 POE IP camera rtspd"/></port></ports>
</host>
<runstats><finished time="1795000003"/></runstats></nmaprun>
"""


def observed(read, path: Path, **options) -> tuple[list[Observation], Tally]:  # type: ignore[no-untyped-def]
    seen: list[Observation] = []
    tally = Tally()
    read(path, site="hq", emit=seen.append, tally=tally, **options)
    return seen, tally


def read_capture(path: Path) -> tuple[list[Observation], Tally]:
    seen: list[Observation] = []
    [read] = CaptureReader(site="hq", emit=seen.append).read([path])
    return seen, read.tally


def test_the_first_bytes_say_what_a_file_is(tmp_path: Path) -> None:
    nmap, kept = tmp_path / "scan.xml", tmp_path / "run.obs.jsonl"
    nmap.write_bytes(NMAP)
    kept.write_text('{"schema":"camscan-observations/1","run":{}}\n')
    assert [kind_of(p) for p in (CAPTURE, nmap, kept)] == [InputKind.CAPTURE, InputKind.NMAP, InputKind.OBSERVATIONS]


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"hello", b"<html></html>", b"PK\x03\x04"])
def test_any_other_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "unknown.bin"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"unknown\.bin.*tcpdump -w"):
        kind_of(path)


def test_a_capture_gives_observations_with_the_time_of_their_frames() -> None:
    seen, tally = read_capture(CAPTURE)
    assert {o.via for o in seen} == {Via.PCAP}
    assert tally.received == sum(one.count for one in seen) > 100
    assert tally.unfinished == []
    assert {"arp", "sadp", "dhip", "wsd", "mdns", "ssdp", "http", "rtsp", "tls", "dhcp"} <= {o.protocol for o in seen}
    assert len({o.first_seen_at for o in seen}) > 50


def test_every_cut_of_a_capture_gives_a_beginning_of_what_the_whole_gives(tmp_path: Path) -> None:
    whole = CAPTURE.read_bytes()
    counts = []
    for share in (0.1, 0.4, 0.9):
        cut = tmp_path / "cut.pcap"
        cut.write_bytes(whole[: int(len(whole) * share) | 1])
        seen, tally = read_capture(cut)
        assert len(tally.unfinished) == 1
        assert "cut.pcap" in tally.unfinished[0]
        counts.append(len(seen))
    assert 0 < counts[0] < counts[1] < counts[2]


def test_nmap_xml_gives_its_hosts_and_their_services(tmp_path: Path) -> None:
    path = tmp_path / "scan.xml"
    path.write_bytes(NMAP)
    seen, tally = observed(read_nmap, path, at=NOW)
    assert tally.unfinished == []
    assert {(o.ip, o.link_mac) for o in seen} == {("192.0.2.7", "00:bc:99:00:00:07")}
    fields = {pair for o in seen for pair in o.fields}
    assert ("tcp.port", "554") in fields
    assert any(name == "nmap.product" and "rtspd" in value for name, value in fields)


def test_nmap_xml_of_an_interrupted_run_gives_what_it_holds_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "scan.xml"
    path.write_bytes(NMAP[: NMAP.index(b"<runstats>")])
    seen, tally = observed(read_nmap, path, at=NOW)
    assert seen
    assert "did not finish" in tally.unfinished[0]


def test_nmap_xml_with_a_host_that_cannot_be_read_gives_the_others_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "scan.xml"
    path.write_bytes(NMAP.replace(b"<runstats>", b"<host><address></host><runstats>"))
    seen, tally = observed(read_nmap, path, at=NOW)
    assert seen
    assert tally.undecoded == 1
    assert tally.unfinished == ["scan.xml: 1 host or more in it cannot be read; every other one was read"]


def test_a_file_that_is_gone_is_named() -> None:
    with pytest.raises(UsageError, match=r"/nowhere/x\.pcap: cannot be read: No such file"):
        kind_of(Path("/nowhere/x.pcap"))


def listed(path: Path, content: bytes, written_at: datetime = NOW) -> tuple[list[Observation], Tally]:
    """Return what replay would take from a list that was written at a time and is read at NOW."""
    path.write_bytes(content)
    os.utime(path, (written_at.timestamp(), written_at.timestamp()))
    return observed(read_input, path, kind=kind_of(path), at=NOW)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_list_is_what_its_codec_reads(tmp_path: Path, name: str) -> None:
    seen, tally = listed(tmp_path / "list", EXAMPLES[name].raw)
    assert LISTINGS[kind_of(tmp_path / "list")] is EXAMPLES[name].codec
    assert {o.via for o in seen} == {Via.IMPORT}
    assert {o.collector for o in seen} == {str(kind_of(tmp_path / "list"))}
    assert tally.received == len(seen) == len(EXAMPLES[name].said)
    assert (tally.undecoded, tally.unfinished) == (0, [])


def test_every_kind_of_list_has_an_example() -> None:
    assert {id(codec) for codec in LISTINGS.values()} == {id(example.codec) for example in EXAMPLES.values()}


@pytest.mark.parametrize("name", ["isc", "kea", "dnsmasq"])
def test_the_hardware_address_of_a_lease_is_a_claim_and_never_the_mac_of_a_link(tmp_path: Path, name: str) -> None:
    seen, _ = listed(tmp_path / "leases", EXAMPLES[name].raw)
    assert {o.link_mac for o in seen} == {None}
    assert any(o.values("dhcp.mac") for o in seen)


def test_a_list_without_times_is_as_old_as_its_file_and_its_entries_as_old_as_they_say(tmp_path: Path) -> None:
    hour_ago = NOW - timedelta(hours=1)
    seen, _ = listed(tmp_path / "neigh", EXAMPLES["neigh"].raw, hour_ago)
    assert [o.last_seen_at for o in seen] == [hour_ago, hour_ago - timedelta(seconds=60), hour_ago]
    assert all(o.first_seen_at == o.last_seen_at for o in seen)


def test_nothing_was_seen_after_its_list_was_written_or_read(tmp_path: Path) -> None:
    lease = b"99999999999 bc:ad:28:00:00:01 10.20.0.9 * *\n"
    before, _ = listed(tmp_path / "old", lease, NOW - timedelta(days=1))
    ahead, _ = listed(tmp_path / "new", lease, NOW + timedelta(days=1))
    assert [o.last_seen_at for o in (*before, *ahead)] == [NOW - timedelta(days=1), NOW]


@pytest.mark.parametrize("written", [-(10**10), 10**13])
def test_a_file_with_an_impossible_time_is_read(tmp_path: Path, written: int) -> None:
    path = tmp_path / "neigh"
    path.write_bytes(EXAMPLES["neigh"].raw)
    os.utime(path, (written, written))
    seen, _ = observed(read_input, path, kind=kind_of(path), at=NOW)
    assert all(o.last_seen_at <= NOW for o in seen)


def test_a_lease_that_ended_long_ago_is_kept_with_its_times(tmp_path: Path) -> None:
    [seen], _ = listed(tmp_path / "leases", b"1000000000 bc:ad:28:00:00:01 10.20.0.9 * *\n")
    assert seen.last_seen_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


def test_lines_of_a_list_that_cannot_be_read_are_counted_and_the_first_is_shown(tmp_path: Path) -> None:
    seen, tally = listed(tmp_path / "scan.txt", EXAMPLES["arp-scan-plain"].raw + b"first\n" + b"second\n")
    assert (len(seen), tally.undecoded, tally.sample, tally.unfinished) == (2, 2, b"first", [])


def test_a_list_of_which_nothing_can_be_read_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"hosts\.csv: not readable as table: none of its 1 entries can be read; write"):
        listed(tmp_path / "hosts.csv", b"ip,mac\nnowhere,nobody\n")
