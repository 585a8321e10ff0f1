"""No one-second window ever holds more packets than the pace allows, whatever asks and however long it waits."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.collect.pace import BURST_S, ORDER, PACES, Bucket, Meter


def departures(bucket: Bucket, asked_at: list[float]) -> list[float]:
    """Return when each packet leaves, if its sender waits as told."""
    return [at + bucket.delay(1, at) for at in asked_at]


@given(
    rate=st.sampled_from([40.0, 500.0, 1000.0]),
    gaps=st.lists(st.floats(min_value=0, max_value=0.3, allow_nan=False), min_size=1, max_size=2500),
)
def test_any_one_second_window_stays_within_the_rate_and_its_burst(rate: float, gaps: list[float]) -> None:
    now, asked = 0.0, []
    for gap in gaps:
        now += gap if gap > 0.1 else 0.0
        asked.append(now)
    left = sorted(departures(Bucket(rate, 0.0), asked))
    allowed = rate * (1 + BURST_S) + 1
    first = 0
    for last, at in enumerate(left):
        while left[first] < at - 1:
            first += 1
        assert last - first + 1 <= allowed + 1


def test_a_bucket_lets_a_packet_through_at_once_after_silence() -> None:
    bucket = Bucket(10.0, 0.0)
    assert bucket.delay(1, 5.0) == 0.0


def test_a_bucket_makes_the_second_batch_wait_for_the_first() -> None:
    bucket = Bucket(10.0, 0.0)
    bucket.delay(10, 0.0)
    assert bucket.delay(1, 0.0) > 0.9


def test_every_pace_is_slower_to_one_device_than_in_all_and_faster_than_the_pace_before() -> None:
    for name in ORDER:
        assert PACES[name].per_device <= PACES[name].total
        assert PACES[name].shared <= PACES[name].total
    speeds = [(PACES[n].total, PACES[n].per_device, PACES[n].connections_at_once, PACES[n].connections_per_run) for n in ORDER]
    assert speeds == sorted(speeds)


def test_polite_is_what_the_harmlessness_contract_promises() -> None:
    polite = PACES["polite"]
    assert (polite.total, polite.shared, polite.per_device, polite.connections_at_once, polite.connections_per_run) == (
        1_000,
        500,
        40,
        1,
        12,
    )


class ToldTime(asyncio.SelectorEventLoop):
    """A loop whose clock goes on only when there is nothing to do, or when a test says so."""

    now = 0.0
    _ready: Sequence[object]
    _scheduled: Sequence[asyncio.TimerHandle]

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.now = max(self.now, self._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


@pytest.mark.parametrize("stall_s", [0.0, 0.05, 0.3, 2.0])
def test_packets_that_fell_due_while_the_program_stood_still_do_not_leave_at_once(stall_s: float) -> None:
    left: list[float] = []

    async def sender(meter: Meter, ip: str) -> None:
        for _ in range(4):
            await meter.unicast(ip)
            left.append(loop.time())

    async def stand_still() -> None:
        await asyncio.sleep(0.1)
        loop.now += stall_s

    async def run() -> None:
        meter = Meter(PACES["polite"], loop.time())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stand_still())
            for number in range(600):
                tasks.create_task(sender(meter, f"10.20.{number // 200}.{number % 200 + 1}"))

    loop = ToldTime()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    assert len(left) == 2_400
    busiest = max(sum(at <= other <= at + 1.0 for other in left) for at in left[::50])
    assert busiest <= 1_000 * (1 + BURST_S) + 2


def test_the_addresses_of_one_device_share_its_budget() -> None:
    meter = Meter(PACES["polite"], 0.0)
    before = meter.account("10.20.0.9")
    camera, other, router = "44:19:b6:00:00:01", "44:19:b6:00:00:02", "18:fd:74:00:00:01"
    meter.share(
        {"10.20.0.7": camera, "10.20.0.8": camera, "fe80::1": camera, "10.20.0.9": other, "10.20.0.6": other, "10.20.0.5": ""}
        | {f"10.20.0.{number}": router for number in range(20, 24)}
    )
    assert meter.account("10.20.0.8") is meter.account("10.20.0.7") is meter.account("fe80::1")
    assert meter.account("10.20.0.6") is before, "what was sent already counts"
    assert meter.account("10.20.0.5") is not meter.account("10.20.0.7")
    assert len({id(meter.account(f"10.20.0.{number}")) for number in range(20, 24)}) == 4
    assert set(meter.accounts) == {"10.20.0.5", "10.20.0.7", "10.20.0.9", *(f"10.20.0.{number}" for number in range(20, 24))}
