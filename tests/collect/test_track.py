"""What a scan tells those who wait: its stages, the turns of its hosts, and who answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from camscan.collect.base import Host, Stage
from camscan.collect.forecast import forecast
from camscan.collect.nmap import Nmap
from camscan.collect.track import Track
from camscan.model import Identification
from camscan.progress import Steps
from tests.cli.test_notice import plan


class Written(Steps):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def expect(self, seconds: Mapping[str, float]) -> None:
        self.said.append(dict(seconds))

    def enter(self, part: str) -> None:
        self.said.append(part)

    def done(self, number: int, of: int) -> None:
        self.said.append((number, of))

    def found(self, hosts: int, cameras: int) -> None:
        self.said.append(f"{hosts} hosts, {cameras} cameras")


def test_every_stage_that_has_a_collector_is_forecast_in_its_order() -> None:
    assert list(forecast(plan())) == ["presence", "probes", "banners", "reads", "deep"]
    assert forecast(plan())["deep"] == 0


def test_more_hosts_take_longer_and_nmap_longest() -> None:
    few, many = forecast(plan(), 10), forecast(plan(), 5000)
    assert all(many[stage] >= few[stage] for stage in few)
    assert many["banners"] > few["banners"]
    deep = replace(plan(), collectors=(Nmap(deep=True),))
    assert 0 < forecast(deep, 1)["deep"] < forecast(deep, 20)["deep"] <= 1800


def test_listening_prolongs_the_first_stage() -> None:
    assert forecast(plan(listen_s=600))["presence"] == pytest.approx(600)


def test_each_host_counts_once_and_a_camera_only_while_it_looks_like_one() -> None:
    written = Written()
    track = Track(written, lambda hosts: {})
    host = Host(ip="10.20.0.11")
    for _ in range(2):
        track.heard("10.20.0.11")
    track.looked_at(host, Identification(kind="camera"))
    track.looked_at(host, Identification(kind="nvr"))
    track.looked_at(host, Identification(kind="other"))
    assert written.said == [{}, "1 hosts, 0 cameras", "1 hosts, 1 cameras", "1 hosts, 0 cameras"]


def test_turns_count_anew_in_each_stage() -> None:
    written = Written()
    track = Track(written, lambda hosts: {"banners": hosts or 0.0, "deep": 9.0})
    track.begin(Stage.BANNERS)
    track.visiting(Stage.BANNERS, 2)
    track.visited(Host(ip="10.20.0.11"))
    track.visited(Host(ip="10.20.0.12"))
    track.begin(Stage.READS)
    track.visiting(Stage.READS, 1)
    track.visited(Host(ip="10.20.0.11"))
    assert written.said == [
        {"banners": 0.0, "deep": 9.0},
        "banners",
        {"banners": 2},
        (1, 2),
        (2, 2),
        "reads",
        {"banners": 1},
        (1, 1),
    ]
