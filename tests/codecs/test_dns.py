from __future__ import annotations

import pytest

from camscan.codecs import dns
from camscan.codecs.base import DecodeError
from camscan.model import Endpoint
from tests import factories

LOCAL = b"\x05local\0"


def header(questions: int = 0, records: int = 0, flags: int = 0x8400) -> bytes:
    return bytes(2) + flags.to_bytes(2) + questions.to_bytes(2) + records.to_bytes(2) + bytes(4)


def record(name: bytes, kind: int, content: bytes) -> bytes:
    return name + kind.to_bytes(2) + b"\x80\x01" + (120).to_bytes(4) + len(content).to_bytes(2) + content


def test_a_query_of_ours_reads_back() -> None:
    names = (("_axis-video", "_tcp", "local"), ("kamera wejście", "local"))
    message = dns.parse(dns.query(names, message_id=7))
    assert (message.id, message.is_response) == (7, False)
    assert message.questions == tuple(dns.Question(name, dns.PTR) for name in names)


def test_every_kind_of_content_is_read() -> None:
    payload = header(records=6) + b"".join(
        [
            record(b"\x04_cam\x04_tcp" + LOCAL, dns.PTR, b"\x01a\xc0\x0c"),
            record(b"\xc0\x0c", dns.SRV, bytes(4) + b"\0\x50\x01h" + LOCAL),
            record(b"\xc0\x0c", dns.TXT, b"\x03a=b\0\x01c"),
            record(b"\xc0\x0c", dns.A, bytes([10, 20, 0, 1])),
            record(b"\xc0\x0c", dns.AAAA, bytes.fromhex("20010db8000000000000000000000064")),
            record(b"\xc0\x0c", 47, b"\xff\xff\xff"),
        ]
    )
    assert [one.content for one in dns.parse(payload).records] == [
        ("a", "_cam", "_tcp", "local"),
        dns.Service(port=80, target=("h", "local")),
        (b"a=b", b"", b"c"),
        "10.20.0.1",
        "2001:db8::64",
        None,
    ]


def test_a_dot_inside_a_label_is_escaped() -> None:
    assert dns.name_text(("Cam 1.2\\x", "_tcp")) == "Cam 1\\.2\\\\x._tcp"


@pytest.mark.parametrize(
    "name",
    [
        b"\xc0\x0c",
        b"\x01a\xc0\x0c",
        b"\xc0\x0e\xc0\x0c",
        b"\xc0\xff",
        b"\x80a\0",
        b"\x05ab",
        b"\x01a" * 200 + b"\0",
    ],
    ids=["itself", "itself with a label", "forwards", "past the end", "unknown kind", "cut", "too long"],
)
def test_bad_names_are_errors(name: bytes) -> None:
    with pytest.raises(DecodeError):
        dns.parse(header(questions=1) + name + bytes(4))


def test_a_chain_of_pointers_cannot_make_a_name_longer_than_names_may_be() -> None:
    # Each name is one label and a pointer to the name before it, so the last one would have 200 labels.
    payload = header(records=200) + record(b"\x01a\0", 47, b"")
    before = 12
    for _ in range(199):
        here = len(payload)
        payload += record(b"\x01a" + (0xC000 | before).to_bytes(2), 47, b"")
        before = here
    with pytest.raises(DecodeError, match="255 bytes"):
        dns.parse(payload)


def test_counts_beyond_any_discovery_message_are_refused() -> None:
    with pytest.raises(DecodeError, match="65535 questions"):
        dns.parse(bytes(4) + b"\xff\xff" * 4)


def test_a_record_that_ends_behind_the_message_is_an_error() -> None:
    with pytest.raises(DecodeError):
        dns.parse(header(records=1) + record(b"\x01a\0", dns.TXT, b"\x01a")[:-1])


def test_questions_to_a_resolver_are_observed_and_its_answers_are_not() -> None:
    asked = b"\x03WWW\x0bhik-connect\x03com\0" + b"\0\x01\0\x01"
    assert dns.observe(dns.decode(header(1, flags=0x0100) + asked)) == (("dns.name", "www.hik-connect.com"),)
    assert dns.observe(dns.decode(header(1, flags=0x8180) + asked)) == ()
    resolver = Endpoint("10.20.0.1", 53)
    assert dns.recognise(factories.datagram(asked, dst=resolver))
    assert not dns.recognise(factories.datagram(asked, src=resolver))


def named(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def test_an_answer_gives_each_address_to_the_name_that_was_asked_for() -> None:
    asked, alias, target = named(b"WWW", b"example", b"com"), named(b"a", b"example", b"net"), named(b"b", b"example", b"org")
    payload = header(1, 5, 0x8180) + asked + b"\0\1\0\1"
    payload += record(alias, dns.CNAME, target) + record(asked, dns.CNAME, alias)
    payload += record(target, dns.A, bytes([192, 0, 2, 1])) + record(target, dns.A, bytes([192, 0, 2, 2]))
    payload += record(named(b"ns", b"example", b"com"), dns.AAAA, bytes.fromhex("20010db8000000000000000000000001"))
    assert dns.answers(dns.parse(payload)) == (
        ("www.example.com", "192.0.2.1"),
        ("www.example.com", "192.0.2.2"),
    )


def test_aliases_in_a_circle_end() -> None:
    one, two = named(b"one"), named(b"two")
    payload = header(1, 3, 0x8180) + two + b"\0\1\0\1" + record(one, dns.CNAME, two) + record(two, dns.CNAME, one)
    assert dns.answers(dns.parse(payload + record(one, dns.A, bytes([192, 0, 2, 1])))) == (("two", "192.0.2.1"),)


def test_a_record_to_which_the_question_does_not_lead_gives_no_name() -> None:
    asked, cloud, address = named(b"www", b"example", b"com"), named(b"litedev", b"hik-connect", b"com"), bytes([192, 0, 2, 1])
    for questions in ((asked,), (asked, cloud), ()):
        payload = header(len(questions), 2, 0x8180) + b"".join(name + b"\0\1\0\1" for name in questions)
        payload += record(cloud, dns.A, address) + record(asked, dns.TXT, b"\x01a")
        assert dns.answers(dns.parse(payload)) == ()


def test_a_query_answers_nothing() -> None:
    assert dns.answers(dns.parse(dns.query((("a",),), message_id=1))) == ()
