"""HTTP Digest: the vectors of RFC 7616 and RFC 2617, and challenges that are not answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs.digest import Challenge, authorization, read_offer, response

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
REALM = "http-auth@example.org"


def offered(algorithm: str) -> str:
    stated = f"algorithm={algorithm}, " if algorithm else ""
    return f'Digest realm="{REALM}", qop="auth, auth-int", {stated}nonce="{NONCE}", opaque="{OPAQUE}"'


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, expected: str) -> None:
    challenge = read_offer([offered(algorithm)]).challenge
    assert challenge is not None
    assert response(challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", CNONCE) == expected
    header = authorization(challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", CNONCE).decode()
    for part in (f'response="{expected}"', 'username="Mufasa"', "qop=auth", "nc=00000001", f'opaque="{OPAQUE}"'):
        assert part in header
    assert ("algorithm" in header) == bool(algorithm)


def test_a_challenge_without_qop_is_answered_as_rfc_2069_says() -> None:
    challenge = read_offer(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"']).challenge
    assert challenge == Challenge(realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", qop=False)
    # The example of RFC 2617 §3.5, computed in the older form.
    assert response(challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "") == "670fd8c2df070c60b045671b8b24ff02"
    assert b"cnonce" not in authorization(challenge, "Mufasa", "Circle Of Life", "GET", "/", "0a4f113b")


def test_a_session_key_depends_on_both_nonces() -> None:
    challenge = Challenge(realm=REALM, nonce=NONCE, algorithm="MD5-sess")
    one, other = (response(challenge, "u", "p", "GET", "/", cnonce) for cnonce in ("a", "b"))
    assert one != other


def test_the_strongest_of_several_challenges_is_answered_wherever_they_stand() -> None:
    both = read_offer([offered("MD5"), offered("SHA-256")])
    assert both.challenge is not None
    assert both.challenge.algorithm == "SHA-256"
    in_one = read_offer([f'Basic realm="x", {offered("MD5")}'])
    assert in_one.schemes == ("basic", "digest")
    assert in_one.challenge is not None


@pytest.mark.parametrize(
    "value",
    [
        'Basic realm="camera"',
        'Digest realm="x"',
        'Digest realm="x", nonce="n", algorithm=SHA-512-256',
        'Digest realm="x", nonce="n", qop="auth-int"',
        'Digest realm="a\\\\b", nonce="n"',
        'Digest realm="x\x1b[2J", nonce="n"',
        "Bearer",
        "",
    ],
)
def test_what_is_not_answered(value: str) -> None:
    assert read_offer([value]).challenge is None


def test_a_user_with_quotes_cannot_leave_its_place() -> None:
    header = authorization(Challenge(realm="r", nonce="n"), 'a", realm="x', "p", "GET", "/", "c")
    assert b'username="a\\", realm=\\"x"' in header


@given(values=st.lists(st.text(max_size=200), max_size=8))
def test_any_text_is_an_offer_or_none(values: list[str]) -> None:
    offer = read_offer(values)
    if offer.challenge is not None:
        header = authorization(offer.challenge, "u", "p", "GET", "/", "c")
        assert b"\r" not in header
        assert b"\n" not in header
