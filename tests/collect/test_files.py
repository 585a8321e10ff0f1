"""What a file is shows in its first bytes; what it says becomes observations; damage is told and loses nothing before it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from camscan.collect.base import Tally
from camscan.collect.files import InputKind, kind_of, read_capture, read_nmap
from camscan.errors import UsageError
from camscan.model import Observation, Via
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
    seen, tally = observed(read_capture, CAPTURE)
    assert {o.via for o in seen} == {Via.PCAP}
    assert tally.received == len(seen) > 100
    assert tally.unfinished == []
    assert {"arp", "sadp", "dhip", "wsd", "mdns", "ssdp", "http", "rtsp", "tls", "dhcp"} <= {o.protocol for o in seen}
    assert len({o.first_seen_at for o in seen}) > 50


def test_every_cut_of_a_capture_gives_a_beginning_of_what_the_whole_gives(tmp_path: Path) -> None:
    whole = CAPTURE.read_bytes()
    counts = []
    for share in (0.1, 0.4, 0.9):
        cut = tmp_path / "cut.pcap"
        cut.write_bytes(whole[: int(len(whole) * share) | 1])
        seen, tally = observed(read_capture, cut)
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


def test_a_file_that_is_gone_is_named() -> None:
    with pytest.raises(UsageError, match=r"/nowhere/x\.pcap: cannot be read: No such file"):
        kind_of(Path("/nowhere/x.pcap"))
