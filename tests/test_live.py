"""Who was heard so far: told once, told again when it changes, taken back when it was part of another, and never at any price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from camscan.live import OFTEN, Recognition
from camscan.model import AssessedAsset, Asset, Egress, Finding, Identification, Judgement, Observation, Verdict, Via

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CAMERA, OTHER = "44:19:b6:00:00:01", "3c:ef:8c:00:00:02"


def said(model: str, mac: str = CAMERA) -> Observation:
    return Observation(
        protocol="sadp",
        collector="listen",
        via=Via.PASSIVE,
        site="lab",
        fields=(("sadp.model", model),),
        first_seen_at=AT,
        last_seen_at=AT,
        link_mac=mac,
    )


class Looking:
    """One device a sender, whose model is the last that was heard; counts how often it is asked. A look takes a second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.looks: list[int] = []
        self.key = "mac:{}"
        self.recognition = Recognition(self.look, lambda: self.now, settle_s=0.0)

    def look(self, heard: Sequence[Observation]) -> tuple[AssessedAsset, ...]:
        self.now += 1
        self.looks.append(len(heard))
        mac = heard[-1].link_mac or ""
        asset = Asset(
            key=self.key.format(mac),
            site="lab",
            macs=(mac,),
            ips=(),
            hostnames=(),
            observations=tuple(heard),
            first_seen=AT,
            last_seen=AT,
        )
        found = Identification(model=max(heard[-1].values("sadp.model")))
        return (AssessedAsset(asset=asset, identification=found, judgement=Judgement(verdict=None)),)

    def told(self, budget_s: float = 100) -> list[str]:
        changes = list(self.recognition.changes(budget_s))
        return [one if isinstance(one, str) else f"{one.asset.key} {one.identification.model}" for one in changes]


def test_a_device_is_told_when_it_is_new_and_when_it_changes() -> None:
    looking = Looking()
    looking.recognition.add(said("A"))
    looking.recognition.add(said("B", OTHER))
    assert looking.told() == [f"mac:{CAMERA} A", f"mac:{OTHER} B"]
    looking.recognition.add(said("A"))
    assert looking.told() == []
    looking.recognition.add(said("C"))
    assert looking.told() == [f"mac:{CAMERA} C"]
    assert looking.recognition.devices == 2


def with_calls(*calls: Egress, reason: str = "") -> AssessedAsset:
    """Return what one device is that called somebody."""
    (judged,) = Looking().look([said("A")])
    finding = Finding(
        policy="p",
        rule="r",
        verdict=Verdict.REVIEW,
        act="connect",
        force="advice",
        installed="silent",
        reason=reason,
    )
    return replace(judged, egress=calls, judgement=Judgement(verdict=Verdict.REVIEW, findings=(finding,)))


def call(ip: str, sent: int = 0, port: str = "443/tcp") -> Egress:
    return Egress(
        how="connected",
        destination=ip,
        ports=(port,),
        bytes_out=sent,
        bound="at-least",
        first_seen=AT,
        last_seen=AT,
        outside=True,
    )


def test_a_device_is_told_again_when_it_calls_somebody_else_and_not_with_each_byte() -> None:
    state = with_calls()
    recognition = Recognition(lambda heard: (state,), lambda: 0.0, settle_s=0.0)

    def changes(now: AssessedAsset) -> list[object]:
        nonlocal state
        state = now
        recognition.add(said("A"))
        return list(recognition.changes(1.0))

    assert len(changes(state)) == 1
    assert len(changes(with_calls(call("203.0.113.7", 10)))) == 1
    assert changes(with_calls(call("203.0.113.7", 5000), reason="sent 5,000 bytes")) == []
    assert len(changes(with_calls(call("203.0.113.7", 6000, "80/tcp")))) == 1
    assert len(changes(with_calls(call("203.0.113.7", 6000, "80/tcp"), call("203.0.113.8")))) == 1


def test_the_last_bytes_of_a_call_and_the_reason_that_states_them_are_told_once_at_the_end() -> None:
    first, last = with_calls(call("203.0.113.7", 10), reason="sent 10"), with_calls(call("203.0.113.7", 90), reason="sent 90")
    recognition = Recognition(lambda heard: (first,), lambda: 0.0, settle_s=0.0)
    recognition.add(said("A"))
    assert list(recognition.changes(1.0)) == [first]
    assert list(recognition.settled([first])) == []
    assert list(recognition.settled([last])) == [last]
    assert list(recognition.settled([with_calls(call("203.0.113.7", 10), reason="sent 90")])) != []


def test_only_those_of_whom_something_new_was_heard_are_looked_at() -> None:
    looking = Looking()
    for number in range(20):
        looking.recognition.add(said("A", f"44:19:b6:00:01:{number:02x}"))
    looking.told()
    looking.looks.clear()
    looking.recognition.add(said("B", "44:19:b6:00:01:07"))
    looking.told()
    assert looking.looks == [2]


def test_a_device_that_turns_out_to_be_part_of_another_is_taken_back() -> None:
    looking = Looking()
    looking.recognition.add(said("A"))
    looking.told()
    looking.key = "serial:hikvision:1"
    looking.recognition.add(said("A"))
    assert looking.told() == ["serial:hikvision:1 A", f"mac:{CAMERA}"]
    assert looking.recognition.devices == 1


def test_what_is_left_when_the_time_is_spent_comes_next() -> None:
    looking = Looking()
    for number in range(5):
        looking.recognition.add(said("A", f"44:19:b6:00:01:{number:02x}"))
    assert [len(looking.told(budget_s=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_a_sender_that_never_stops_is_looked_at_ever_more_seldom() -> None:
    looking = Looking()
    for number in range(4 * OFTEN):
        looking.recognition.add(said(str(number)))
        looking.told()
    assert len(looking.looks) < OFTEN + 10
    assert looking.looks == sorted(looking.looks)


def test_a_device_is_not_told_in_the_breath_in_which_it_first_speaks() -> None:
    looking = Looking()
    patient = Recognition(looking.look, lambda: looking.now, settle_s=3.0)
    patient.add(said("A"))
    assert list(patient.changes()) == []
    looking.now = 3.0
    assert len(list(patient.changes())) == 1


def test_at_the_end_only_the_difference_to_what_was_told_is_told() -> None:
    looking = Looking()
    for mac in (CAMERA, OTHER):
        looking.recognition.add(said("A", mac))
    looking.told()
    (first,) = looking.look([said("A")])
    (second,) = looking.look([said("B", OTHER)])
    (third,) = looking.look([said("C", "00:40:8c:00:00:03")])
    assert list(looking.recognition.settled([first, second, third])) == [second, third]
    judged_later = replace(second, asset=replace(second.asset, ips=("10.20.0.9",)))
    assert list(looking.recognition.settled([judged_later])) == [judged_later, f"mac:{CAMERA}"]
