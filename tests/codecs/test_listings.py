"""Lists of devices that other programs wrote: leases, neighbours, sweeps and tables; whole, cut off and hostile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan.codecs import addresstable, arpscan, dnsmasqleases, ipneigh, iscleases, kealeases
from camscan.codecs.base import MAX_LISTED, DecodeError, Listed, ListingCodec, listing
from camscan.model import MAX_RAW, MAX_VALUE
from tests.codecs.test_contract import FIXED_LINES, LINES_A_BYTE, lines_run
from tests.examples import examples

ISC = rb"""# The format of this file is documented in the dhcpd.leases(5) manual page.
# This lease file was written by isc-dhcp-4.4.3-P1

# authoring-byte-order entry is generated, DO NOT DELETE
authoring-byte-order little-endian;

server-duid "\000\001\000\001-\032\306\004";

lease 10.20.0.9 {
  starts 0 2026/03/01 11:00:00;
  ends 0 2026/03/01 13:00:00;
  cltt 0 2026/03/01 11:30:00;
  binding state active;
  next binding state free;
  hardware ethernet BC:AD:28:00:00:01;
  uid "\001\274\255(\000\000\001";
  set vendor-class-identifier = "AXIS,Network Camera,\"P3225\"";
  client-hostname "b\303\274ro-\\cam };";
  on expiry {
    execute ("/usr/local/bin/note", "gone");
  }
}
host known {
  hardware ethernet bc:ad:28:00:00:02;
  fixed-address 10.20.0.2;
}
lease 10.20.0.10 {
  starts epoch 1772366400; # Sun Mar 01 12:00:00 2026
  ends never;
  binding state free;
  hardware ethernet bc:ad:28:00:00:03;
}
lease 10.20.0.11 {
  starts 0 2026/03/01 11:00:00;
  binding state backup;
}
lease 10.20.0.12 {
  starts 0 2026/03/01 11:00:00;
  binding state abandoned;
  hardware ethernet bc:ad:28:00:00:04;
}
"""
KEA = b"""address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
10.20.0.9,bc:ad:28:00:00:01,01:bc:ad:28:00:00:01,3600,1772370000,1,0,0,cam&#x2c9.example.,0,,0
10.20.0.10,bc:ad:28:00:00:02,,0,1772366400,1,0,0,,2,{ "ISC": { "relay-agent-info": { "sub-options": "0x01" } } },0
10.20.0.11,,,3600,1772370000,1,0,0,,1,,0
"""
DNSMASQ = b"""1772370000 bc:ad:28:00:00:01 10.20.0.9 cam9 01:bc:ad:28:00:00:01
0 ec:71:db:00:00:01 10.20.0.10 * *
1772370000 06-00:11:22:33 10.20.0.11 * *
duid 00:01:00:01:2d:1a:c6:04:bc:ad:28:00:00:01
1772370000 637689 2001:db8::9 cam9 00:01:00:01:2d:1a:c6:04:bc:ad:28:00:00:01
"""
NEIGH = b"""10.20.0.9 dev eth0 lladdr bc:ad:28:00:00:01 REACHABLE
10.20.0.10 dev eth0 lladdr bc:ad:28:00:00:02  used 70/60/50probes 4 STALE
10.20.0.11 dev eth0  FAILED
10.20.0.99 dev eth0 proxy
224.0.0.251 dev eth0 lladdr 01:00:5e:00:00:fb NOARP
fe80::1 dev eth0 lladdr bc:ad:28:00:00:03 router STALE
"""
NEIGH_JSON = (
    b'[{"dst":"10.20.0.9","dev":"v0","lladdr":"bc:ad:28:00:00:01","state":["REACHABLE"]},'
    b'{"dst":"10.20.0.11","dev":"v0","state":["FAILED"]},'
    b'{"dst":"2001:db8::5","dev":"v0","lladdr":"bc:ad:28:00:00:03","router":null,"used":9,"confirmed":60,"state":["STALE"]}]\n'
)
ARP_SCAN = b"""Interface: eth0, type: EN10MB, MAC: 02:00:5e:00:53:01, IPv4: 10.20.0.1
Starting arp-scan 1.10.0 with 256 hosts (https://github.com/royhills/arp-scan)
10.20.0.9\tbc:ad:28:00:00:01\tHangzhou Hikvision Digital Technology Co.,Ltd.
10.20.0.9\tbc:ad:28:00:00:02\t(Unknown) (DUP: 2)

2 packets received by filter, 0 packets dropped by kernel
Ending arp-scan 1.10.0: 256 hosts scanned in 1.851 seconds (138.30 hosts/sec). 2 responded
"""
ARP_PLAIN = b"10.20.0.9\tbc:ad:28:00:00:01\n10.20.0.10\tbc:ad:28:00:00:02\n"
TABLE = b"""\xef\xbb\xbfName;Port;"MAC Address";IP\r
"Gate; north";554/tcp;BC-AD-28-00-00-01;10.20.0.9\r
;;bcad.2800.0002;10.20.0.10\r
;53/udp;;10.20.0.11\r
"""
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Example:
    """A list as its program writes it, and what it says: protocol, address, MAC of the link, fields."""

    codec: ListingCodec
    raw: bytes
    said: tuple[tuple[str, str, str | None, dict[str, str]], ...]


def arp(ip: str, mac: str) -> tuple[str, str, str, dict[str, str]]:
    return ("arp", ip, mac, {"arp.ip": ip, "arp.mac": mac})


EXAMPLES = {
    "isc": Example(
        iscleases,
        ISC,
        (
            (
                "dhcp",
                "10.20.0.9",
                None,
                {
                    "dhcp.mac": "bc:ad:28:00:00:01",
                    "dhcp.hostname": "büro-\\cam };",
                    "dhcp.vendor_class": 'AXIS,Network Camera,"P3225"',
                },
            ),
            ("dhcp", "10.20.0.10", None, {"dhcp.mac": "bc:ad:28:00:00:03"}),
        ),
    ),
    "kea": Example(
        kealeases,
        KEA,
        (
            ("dhcp", "10.20.0.9", None, {"dhcp.mac": "bc:ad:28:00:00:01", "dhcp.hostname": "cam,9.example"}),
            ("dhcp", "10.20.0.10", None, {"dhcp.mac": "bc:ad:28:00:00:02"}),
        ),
    ),
    "dnsmasq": Example(
        dnsmasqleases,
        DNSMASQ,
        (
            ("dhcp", "10.20.0.9", None, {"dhcp.mac": "bc:ad:28:00:00:01", "dhcp.hostname": "cam9"}),
            ("dhcp", "10.20.0.10", None, {"dhcp.mac": "ec:71:db:00:00:01"}),
            ("dhcp", "2001:db8::9", None, {"dhcp.hostname": "cam9"}),
        ),
    ),
    "neigh": Example(
        ipneigh,
        NEIGH,
        (
            arp("10.20.0.9", "bc:ad:28:00:00:01"),
            arp("10.20.0.10", "bc:ad:28:00:00:02"),
            ("ndp", "fe80::1", "bc:ad:28:00:00:03", {}),
        ),
    ),
    "neigh-json": Example(
        ipneigh,
        NEIGH_JSON,
        (arp("10.20.0.9", "bc:ad:28:00:00:01"), ("ndp", "2001:db8::5", "bc:ad:28:00:00:03", {})),
    ),
    "arp-scan": Example(arpscan, ARP_SCAN, (arp("10.20.0.9", "bc:ad:28:00:00:01"), arp("10.20.0.9", "bc:ad:28:00:00:02"))),
    "arp-scan-plain": Example(
        arpscan, ARP_PLAIN, (arp("10.20.0.9", "bc:ad:28:00:00:01"), arp("10.20.0.10", "bc:ad:28:00:00:02"))
    ),
    "table": Example(
        addresstable,
        TABLE,
        (
            ("table", "10.20.0.9", "bc:ad:28:00:00:01", {"tcp.port": "554"}),
            ("table", "10.20.0.10", "bc:ad:28:00:00:02", {}),
        ),
    ),
}
CODECS: list[ListingCodec] = [kealeases, iscleases, dnsmasqleases, ipneigh, arpscan, addresstable]
each_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.__name__.rpartition(".")[2])


def tolerated(codec: ListingCodec, raw: bytes) -> tuple[Listed, ...]:
    """Read hostile bytes: any other error than DecodeError fails the test."""
    codec.recognise(raw[:4096])
    try:
        found = codec.decode(raw)
    except DecodeError:
        return ()
    assert len(found.sample) <= 256
    for entry in found.entries:
        assert len(entry.raw) <= MAX_RAW
        assert list(entry.fields) == sorted(entry.fields)
        for _, value in entry.fields:
            assert 0 < len(value) <= MAX_VALUE
            value.encode("utf-8")
    return found.entries


@each_example
def test_a_list_says_what_it_is_documented_to_say(example: Example) -> None:
    assert example.codec.recognise(example.raw[:4096])
    found = example.codec.decode(example.raw)
    assert tuple((e.protocol, e.ip, e.link_mac, dict(e.fields)) for e in found.entries) == example.said
    assert (found.unreadable, found.complete) == (0, True)


@each_example
def test_a_list_is_recognised_by_its_own_codec_alone(example: Example) -> None:
    first = next(codec for codec in CODECS if codec.recognise(example.raw[:4096]))
    assert first is example.codec


@each_example
def test_windows_line_ends_change_nothing(example: Example) -> None:
    ended = example.raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert [(e.ip, e.fields) for e in example.codec.decode(ended).entries] == [
        (e.ip, e.fields) for e in example.codec.decode(example.raw).entries
    ]


def test_a_lease_of_isc_has_the_time_of_its_start_and_of_the_last_word_of_its_client() -> None:
    first, second = iscleases.decode(ISC).entries
    assert first.first_seen_at == datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert first.last_seen_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    assert second.first_seen_at == second.last_seen_at == NOON


def test_a_client_of_kea_spoke_its_lifetime_before_the_end_of_its_lease() -> None:
    assert [entry.last_seen_at for entry in kealeases.decode(KEA).entries] == [NOON, NOON]


def test_a_lease_of_dnsmasq_that_never_ends_has_no_time() -> None:
    ends = [entry.last_seen_at for entry in dnsmasqleases.decode(DNSMASQ).entries]
    assert ends[:2] == [datetime(2026, 3, 1, 13, 0, tzinfo=UTC), None]


def test_a_neighbour_is_as_old_as_its_last_confirmation() -> None:
    assert [entry.age_s for entry in ipneigh.decode(NEIGH).entries] == [0, 60, 0]
    assert [entry.age_s for entry in ipneigh.decode(NEIGH_JSON).entries] == [0, 60]


@pytest.mark.parametrize(
    "header", ["ip,mac", "mac\tport\tip", "Hardware;Address", "port,ip-address", '"IP Address","HW Addr"', "x,ip,y,tcp_port"]
)
def test_the_first_row_of_a_table_may_use_any_order_separator_and_common_name(header: str) -> None:
    assert addresstable.recognise(header.encode())


@pytest.mark.parametrize("header", ["", "ip", "mac,port", "name,value", "10.20.0.9,bc:ad:28:00:00:01", "ip:mac"])
def test_a_table_without_names_for_its_columns_is_none(header: str) -> None:
    assert not addresstable.recognise(header.encode())
    with pytest.raises(DecodeError):
        addresstable.decode(header.encode() + b"\n10.20.0.9,bc:ad:28:00:00:01\n")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("isc", b"lease 10.20.0.300 {\n}\n"),
        ("isc", b"lease 10.20.0.13 {\n  hardware ethernet bc:ad:28;\n}\n"),
        ("isc", b"lease 10.20.0.13 {\n  hardware ethernet bc:ad:28:00:00:01;\n"),
        ("kea", b"10.20.0,bc:ad:28:00:00:01\n"),
        ("kea", b"10.20.0.13,bc:ad:28\n"),
        ("dnsmasq", b"1772370000 bc:ad:28:00:00:01\n"),
        ("dnsmasq", b"soon bc:ad:28:00:00:01 10.20.0.13 * *\n"),
        ("dnsmasq", b"1772370000 01:00:5e:00:00:01 10.20.0.13 * *\n"),
        ("neigh", b"Object \"neigh\" is unknown\n"),
        ("neigh", b"10.20.0.13 dev eth0 lladdr ff:ff:ff:ff:ff:ff STALE\n"),
        ("neigh", b"10.20.0.13 dev eth0 lladdr bc:ad:28:00:00:01 ASLEEP\n"),
        ("neigh-json", b'{"dst":7}'),
        ("neigh-json", b'{"dst":"10.20.0.13","lladdr":"x","state":["STALE"]}'),
        ("neigh-json", b'{"dst":' + b"[" * 4000 + b"}"),
        ("arp-scan", b"10.20.0.13\tno answer\n"),
        ("table", b";99999;;10.20.0.13\n"),
        ("table", b";554;here;10.20.0.13\n"),
        ("table", b";554;;0.0.0.0\n"),
        ("table", b'"' + b"x" * 200_000 + b"\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_counted_and_shown_and_loses_nothing_else(name: str, line: bytes) -> None:
    example = EXAMPLES[name]
    found = example.codec.decode(example.raw + line)
    assert len(found.entries) == len(example.said)
    assert found.unreadable == 1
    assert found.sample
    assert line.strip().startswith(found.sample[:16])


def test_a_list_of_which_nothing_can_be_read_is_refused() -> None:
    with pytest.raises(DecodeError, match="none of its 2 entries"):
        addresstable.decode(b"ip,mac\nx,y\nz,\n")


@pytest.mark.parametrize("raw", [KEA.splitlines()[0] + b"\n", b"[]\n", b"ip,mac\n", b"duid 00:01\n", ISC[:150]])
def test_a_list_without_entries_is_empty_and_no_fault(raw: bytes) -> None:
    codec = next(codec for codec in CODECS if codec.recognise(raw))
    assert codec.decode(raw).entries == ()


def test_a_list_that_is_too_long_says_so() -> None:
    found = listing([b""] * (MAX_LISTED + 1), lambda _: Listed(protocol="arp", ip="192.0.2.1", fields=()))
    assert (len(found.entries), found.complete) == (MAX_LISTED, False)


def test_a_name_in_quotes_cannot_open_a_lease_of_its_own() -> None:
    raw = ISC.replace(rb'"b\303\274ro-\\cam };"', rb'"x\";\012lease 10.20.0.66 {\012"')
    assert [entry.ip for entry in iscleases.decode(raw).entries] == ["10.20.0.9", "10.20.0.10"]


@each_example
def test_a_list_cut_anywhere_says_no_more_than_the_whole_one(example: Example) -> None:
    whole = {(entry[1], entry[2]) for entry in example.said}
    for length in range(len(example.raw)):
        cut = tolerated(example.codec, example.raw[:length])
        assert len({(entry.ip, entry.link_mac) for entry in cut} - whole) <= 1, length  # a cut address can be another


@each_example
@settings(max_examples=examples(60), deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=12))
def test_flipped_bits_raise_only_decode_errors(example: Example, flips: list[tuple[int, int]]) -> None:
    flipped = bytearray(example.raw)
    for position, bit in flips:
        flipped[position % len(flipped)] ^= 1 << bit
    tolerated(example.codec, bytes(flipped))


@each_example
@settings(max_examples=examples(60), deadline=None)
@given(rest=st.binary(max_size=600))
def test_random_bytes_raise_only_decode_errors(example: Example, rest: bytes) -> None:
    tolerated(example.codec, rest)
    tolerated(example.codec, example.raw + rest)


@each_example
def test_work_grows_no_faster_than_the_list(example: Example) -> None:
    for unit in (b"\0", b"\n", b"{", b"}", b'"', b",", b";\n", b"\t", b"[{", b"lease 1.2.3.4 {\n", b"1 \n", b'\\"'):
        raw = (example.raw + unit * 65536)[: 64 * 1024]
        assert lines_run(lambda raw=raw: tolerated(example.codec, raw)) <= FIXED_LINES + LINES_A_BYTE * len(raw), unit  # type: ignore[misc]
