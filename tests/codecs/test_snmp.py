"""Answers of SNMP agents: lengths of every form, names up to their limits, and communities that are kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import snmp
from camscan.codecs.base import DecodeError
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import dispatch_datagram
from camscan.model import Endpoint, Fields, Observation
from tests import factories

SAMPLE = (Path(__file__).parents[1] / "samples" / "snmp" / "axis_q1656_10.12.240.bin").read_bytes()
GET_REQUEST, GET_RESPONSE, TRAP = 0xA0, 0xA2, 0xA7
DESCR = "1.3.6.1.2.1.1.1.0"


def element(tag: int, content: bytes, octets: int = 0) -> bytes:
    """One element; `octets` of a length in the long form, 0 for the short one."""
    length = bytes([0x80 | octets]) + len(content).to_bytes(octets) if octets else bytes([len(content)])
    return bytes([tag]) + length + content


def arcs(name: str) -> bytes:
    first, second, *rest = map(int, name.split("."))
    encoded = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        encoded += bytes(reversed(groups))
    return encoded


def message(
    *bindings: tuple[str, bytes], pdu: int = GET_RESPONSE, version: bytes = b"\1", community: bytes = b"public", octets: int = 4
) -> bytes:
    listed = b"".join(element(0x30, element(0x06, arcs(name), octets) + value, octets) for name, value in bindings)
    head = element(0x02, b"\x12\x34", octets) + element(0x02, b"\0", octets) * 2
    body = element(0x02, version, octets) + element(0x04, community, octets)
    return element(0x30, body + element(pdu, head + element(0x30, listed, octets), octets), octets)


def said(raw: bytes) -> Fields:
    return snmp.observe(snmp.decode(raw))


def heard(raw: bytes, port: int = 161) -> Observation | Undecoded | None:
    datagram = factories.datagram(raw, src=Endpoint("192.0.2.64", port), dst=Endpoint("192.0.2.1", 40000))
    return dispatch_datagram(datagram, collector="pcap", site="s")


@pytest.mark.parametrize("octets", [0, 1, 2, 3, 4])
def test_lengths_are_read_in_every_form(octets: int) -> None:
    assert said(message((DESCR, element(0x04, b"Camera\0")), octets=octets)) == (("snmp.sysdescr", "Camera"),)


@pytest.mark.parametrize("version", [b"\0", b"\1"])
def test_both_versions_are_read(version: bytes) -> None:
    assert said(message((DESCR, element(0x04, b"x")), version=version)) == (("snmp.sysdescr", "x"),)


@pytest.mark.parametrize("name", ["1.3.6.1.4.1.368.4.1", "0.0", "2.999.4294967295", "1.39.128"])
def test_names_are_written_with_dots(name: str) -> None:
    assert said(message(("1.3.6.1.2.1.1.2.0", element(0x06, arcs(name))))) == (("snmp.sysobjectid", name),)


def test_values_of_other_types_and_names_are_left_aside() -> None:
    raw = message(
        (DESCR, b"\x81\0"), ("1.3.6.1.2.1.1.3.0", element(0x43, b"\1\2")), ("1.3.6.1.2.1.1.6.0", element(0x04, b"cellar"))
    )
    assert snmp.decode(raw).bindings == (("1.3.6.1.2.1.1.6.0", "cellar"),)
    assert said(raw) == ()


@pytest.mark.parametrize("pdu", [GET_REQUEST, 0xA1, 0xA3, 0xA5, TRAP])
def test_questions_and_traps_say_nothing_of_their_sender(pdu: int) -> None:
    assert heard(message((DESCR, element(0x04, b"x")), pdu=pdu)) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        message(version=b"\3"),
        message(pdu=0xB0),
        b"\x30\x80" + SAMPLE[2:] + b"\0\0",
        b"\x30\x85\0\0\0\0\x10" + SAMPLE[2:],
        message(("1.3.6.1.2.1.1.2.0", element(0x06, b"\x2b\x90\x80\x80\x80\x80\0"))),
        message(("1.3.6.1.2.1.1.2.0", element(0x06, b"\x2b\x86"))),
        message(("1.3.6.1.2.1.1.2.0", b"")).replace(arcs("1.3.6.1.2.1.1.2.0"), b"\x86" * 8),
        message(("1.3.6.1.2.1.1.2.0", element(0x06, b"\x2b" + b"\1" * 200, 2))),
    ],
    ids=["empty", "version 3", "no PDU", "open length", "long length", "wide arc", "cut arc", "no arc", "many arcs"],
)
def test_what_is_no_answer_of_these_versions_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        snmp.decode(raw)


def test_an_agent_without_a_number_of_its_own_is_read_all_the_same() -> None:
    raw = message(("1.3.6.1.2.1.1.2.0", element(0x06, b"")), (DESCR, element(0x04, b"Camera")))
    assert said(raw) == (("snmp.sysdescr", "Camera"),)


@pytest.mark.parametrize("value", [b"\xc0\x56\xe3\x10\0\x13", b"c0:56:e3:10:00:13", b"C0-56-E3-10-00-13\0"])
def test_objects_of_a_makers_own_tree_are_kept_with_their_names(value: bytes) -> None:
    tree = "1.3.6.1.4.1.39165.1"
    raw = message((f"{tree}.1.0", element(0x04, b"DS-2CD2143G2-I")), (f"{tree}.4.0", element(0x04, value)))
    assert said(raw) == (
        ("snmp.mac", "c0:56:e3:10:00:13"),
        ("snmp.private", f"{tree}.1.0=DS-2CD2143G2-I"),
        ("snmp.private", f"{tree}.4.0=c0:56:e3:10:00:13"),
    )


def test_bindings_beyond_the_cap_are_not_read() -> None:
    raw = message(*((f"1.3.6.{number}", element(0x04, b"x")) for number in range(300)))
    assert len(snmp.decode(raw).bindings) == snmp.MAX_BINDINGS


def test_nothing_is_ever_asked() -> None:
    assert snmp.probes(bytes(16)) == ()


def test_the_community_is_kept_nowhere() -> None:
    raw = message((DESCR, element(0x04, b"Camera")), community=b"s3cret-of-the-site")
    seen = heard(raw)
    assert isinstance(seen, Observation)
    assert seen.raw == raw.replace(b"s3cret-of-the-site", b"*" * 18)
    assert said(seen.raw) == seen.fields
    damaged = heard(raw[:45] + b"\xff" * (len(raw) - 45))
    assert isinstance(damaged, Undecoded)
    assert b"s3cret" not in damaged.sample
    cut = heard(raw[:20])
    assert isinstance(cut, Undecoded)
    assert cut.sample == b""


@given(community=st.binary(min_size=1, max_size=300), tail=st.binary(max_size=50))
def test_a_message_keeps_its_length_and_loses_its_community_wherever_else_the_same_bytes_stand(
    community: bytes, tail: bytes
) -> None:
    raw = message((DESCR, element(0x04, community, 4)), community=community) + tail
    kept = snmp.without_secrets(raw)
    assert len(kept) == len(raw)
    assert said(kept) == said(raw)
    at = raw.index(element(0x04, community, 4))
    assert kept[at : at + 6 + len(community)] == element(0x04, b"*" * len(community), 4)


@given(raw=st.binary(max_size=80))
def test_taking_the_community_out_never_fails(raw: bytes) -> None:
    assert len(snmp.without_secrets(raw)) in (0, len(raw))


def test_the_answer_is_read_on_the_port_of_snmp_alone() -> None:
    assert isinstance(heard(SAMPLE), Observation)
    assert heard(SAMPLE, port=5000) is None
