"""A name belongs to a cloud by its last labels, whole ones."""

from __future__ import annotations

import pytest

from camscan.identify.clouds import Cloud, Clouds

REGISTRATION = Cloud(
    id="acme.registration", service="Acme", purpose="registration", grade="confirmed", suffixes=("dev.acme-cam.com",)
)
ACME = Cloud(
    id="acme.cloud", service="Acme", purpose="service", grade="reported", who="acme", suffixes=("acme-cam.com", "acme-cam.cn")
)
RELAY = Cloud(id="p2p.relay", service="relay", purpose="relay", grade="reported", ports=("32100/udp",))
CLOUDS = Clouds((ACME, REGISTRATION, RELAY))


@pytest.mark.parametrize("name", ["acme-cam.com", "api.eu.acme-cam.com", "API.Acme-Cam.CN.", "x.acme-cam.com."])
def test_a_name_and_all_below_it_belong_to_the_cloud(name: str) -> None:
    assert CLOUDS.named(name) is ACME


@pytest.mark.parametrize("name", ["dev.acme-cam.com", "7.dev.acme-cam.com"])
def test_the_longest_ending_decides(name: str) -> None:
    assert CLOUDS.named(name) is REGISTRATION


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "com",
        "notacme-cam.com",
        "acme-cam.com.example.org",
        "acme-cam",
        "x\\.acme-cam.com",
        "a" * 254 + ".acme-cam.com",
    ],
)
def test_another_name_that_looks_alike_does_not(name: str) -> None:
    assert CLOUDS.named(name) is None


def test_a_dot_inside_a_label_hides_no_ending_behind_it() -> None:
    assert CLOUDS.named("x\\.y.acme-cam.com") is ACME


def test_a_name_of_nothing_but_dots_takes_no_longer_than_its_length() -> None:
    assert CLOUDS.named("." * 253) is None


def test_a_relay_is_known_by_its_port_and_transport() -> None:
    assert CLOUDS.at_port("32100/udp") is RELAY
    assert CLOUDS.at_port("32100/tcp") is None
