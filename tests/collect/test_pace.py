"""No one-second window ever holds more packets than the pace allows, whatever asks and however long it waits."""

from hypothesis import given
from hypothesis import strategies as st

from camscan.collect.pace import BURST_S, ORDER, PACES, Bucket


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
