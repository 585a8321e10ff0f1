"""What tells a device from any other, and when a statement about one is no longer about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identity import Bindings, as_text, bound, compared, identities
from camscan.model import Asset, Conflict, Fields
from tests import factories

CLAIMS = {"sadp.serial": "serial", "onvif.serial": "serial", "sadp.mac": "mac", "wsd.epr": "endpoint", "tls.key": "key"}
SERIAL = "DS-2CD2042WD-I20160101AAWR000000011"
OTHER = "DS-2CD2042WD-I20170202AAWR000000099"
MAC = "bc:ad:28:00:00:01"
OTHER_MAC = "bc:ad:28:00:00:02"
LOCAL_MAC = "02:3e:5a:10:00:43"


def device(*fields: tuple[str, str], mac: str | None = MAC, **changes: object) -> Asset:
    said: Fields = tuple(sorted(fields)) or (("arp.ip", "10.20.0.11"),)
    return factories.asset(factories.observation(said, link_mac=mac), **changes)


def marks(asset: Asset) -> tuple[str, ...]:
    return as_text(identities([asset], CLAIMS)[0])


def test_a_device_is_known_by_its_global_mac_serial_endpoint_reference_and_key() -> None:
    found = marks(device(("sadp.serial", SERIAL), ("wsd.epr", "urn:uuid:cea94000-fb96-11b3-8260-4419b6100011")))
    assert found == (
        "wsd.epr=cea94000fb9611b382604419b6100011",
        f"mac={MAC}",
        "sadp.serial=ds2cd2042wdi20160101aawr000000011",
    )


@pytest.mark.parametrize(
    "asset",
    [
        device(mac=LOCAL_MAC),
        device(mac=None),
        device(("sadp.serial", "123456"), ("sadp.mac", "00:11:22:33:44:55"), ("wsd.epr", "unknown"), mac=None),
        device(("sadp.mac", LOCAL_MAC), mac=LOCAL_MAC),
        device(("http.title", SERIAL), mac=None),
    ],
)
def test_what_many_devices_carry_or_anybody_can_choose_is_no_identity(asset: Asset) -> None:
    assert marks(asset) == ()


def test_a_claim_that_two_devices_make_is_the_identity_of_neither() -> None:
    both = [device(("sadp.serial", SERIAL), mac=mac) for mac in (MAC, OTHER_MAC)]
    assert [as_text(found) for found in identities(both, CLAIMS)] == [(f"mac={MAC}",), (f"mac={OTHER_MAC}",)]


def test_of_a_copied_identity_only_the_link_counts() -> None:
    copied = (Conflict(kind="duplicate-identity", detail="sadp.serial"),)
    assert marks(device(("sadp.serial", SERIAL), conflicts=copied)) == (f"mac={MAC}",)


@pytest.mark.parametrize(
    ("stated", "seen", "same", "changed"),
    [
        pytest.param([f"mac={MAC}"], [f"mac={MAC}"], True, "", id="same MAC"),
        pytest.param([f"mac={MAC}"], [f"mac={OTHER_MAC}"], False, None, id="nothing is the same"),
        pytest.param(
            [f"mac={MAC}", f"sadp.serial={SERIAL}"],
            [f"mac={MAC}", f"sadp.serial={OTHER}"],
            True,
            "serial was ds2cd2042wdi20160101aawr000000011, is ds2cd2042wdi20170202aawr000000099",
            id="the serial changed",
        ),
        pytest.param(
            [f"mac={MAC}", f"sadp.serial={SERIAL}"],
            [f"mac={OTHER_MAC}", f"sadp.serial={SERIAL}"],
            True,
            f"MAC was {MAC}, is {OTHER_MAC}",
            id="the MAC changed",
        ),
        pytest.param(
            [f"mac={MAC}", f"sadp.serial={SERIAL}"],
            [f"mac={MAC}", "onvif.serial=E12345678X"],
            True,
            "",
            id="another protocol spells the serial in its own way",
        ),
        pytest.param([f"mac={MAC}"], [f"sadp.mac={MAC}"], True, "", id="the MAC is told by the device alone"),
        pytest.param(
            [f"mac={MAC}", "wsd.epr=cea94000fb96"],
            [f"mac={OTHER_MAC}", "wsd.epr=cea94000fb96"],
            False,
            None,
            id="an endpoint reference is copied with firmware images",
        ),
        pytest.param(
            ["wsd.epr=cea94000fb96"], [f"mac={MAC}", "wsd.epr=cea94000fb96"], True, "", id="nothing firmer is known of both"
        ),
        pytest.param([f"serial={SERIAL}"], [f"sadp.serial={SERIAL}"], True, "", id="a serial without its field"),
        pytest.param(["retired.field=abcdefgh"], ["wsd.epr=abcdefgh"], False, None, id="a field that is gone"),
    ],
)
def test_a_statement_is_about_a_device_while_mac_and_serial_are_the_same(
    stated: list[str], seen: list[str], same: bool, changed: str | None
) -> None:
    found = compared(bound(stated, CLAIMS), bound(seen, CLAIMS))
    assert found.same is same
    if changed is not None:
        assert "; ".join(found.changed) == changed


TEXTS = st.lists(
    st.sampled_from(
        [f"mac={MAC}", f"mac={OTHER_MAC}", f"sadp.serial={SERIAL}", f"sadp.serial={OTHER}", "wsd.epr=cea94000fb96"]
    ),
    unique=True,
)


@given(stated=st.lists(TEXTS, max_size=4), seen=TEXTS, seed=st.randoms(use_true_random=False))
def test_the_order_of_statements_and_marks_never_matters(stated: list[list[str]], seen: list[str], seed: object) -> None:
    shuffled = [list(one) for one in stated]
    for one in shuffled:
        seed.shuffle(one)  # type: ignore[attr-defined]
    marks = bound(seen, CLAIMS)
    assert Bindings(stated, CLAIMS).naming(marks) == Bindings(shuffled, CLAIMS).naming(bound(reversed(seen), CLAIMS))
    direct = [(n, compared(bound(one, CLAIMS), marks)) for n, one in enumerate(stated)]
    assert Bindings(stated, CLAIMS).naming(marks) == tuple((n, found.changed) for n, found in direct if found.same)
