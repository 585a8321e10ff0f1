"""The observation file: what is written comes back, and what is damaged is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.errors import UsageError
from camscan.model import (
    AttemptReason,
    AttemptStatus,
    CollectorAttempt,
    Coverage,
    CoverageLevel,
    Ledger,
    Observation,
    Run,
    Scope,
    SiteContext,
    Via,
)
from camscan.report.observations import MAX_LINE, ObservationFile, dump, load, read
from tests.report import canned, making

GOLDEN = Path(__file__).parent.parent / "golden" / "observations" / "every_kind.obs.jsonl"

INSTANTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COUNTS = st.integers(min_value=0, max_value=2**40)
TEXT = st.text(max_size=20)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
FIELDS = st.lists(st.tuples(st.sampled_from(["http.server", "http.title", "wsd.scopes"]), TEXT), max_size=4).map(
    lambda f: tuple(sorted(f))
)
IPS = st.none() | st.ip_addresses().filter(lambda ip: getattr(ip, "scope_id", None) is None).map(str)
MACS = st.none() | st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))

RUNS = st.builds(
    Run,
    id=TEXT,
    command=TEXT,
    started_at=INSTANTS,
    ended_at=INSTANTS,
    site=st.builds(SiteContext, name=TEXT, class_=st.sampled_from([None, "sensitive"])),
    policies=NAMES,
    version=TEXT,
    data_version=TEXT,
    as_of=st.dates(),
    privileged=st.booleans(),
    interrupted=st.booleans(),
    require=NAMES,
    marking=st.none() | TEXT,
    inputs=NAMES,
)
SCOPES = st.builds(Scope, ranges=NAMES, exclude=NAMES, authorised_by=st.none() | TEXT, not_before=st.none() | INSTANTS)
ATTEMPTS = st.builds(
    CollectorAttempt,
    collector=TEXT,
    target=TEXT,
    status=st.sampled_from(AttemptStatus),
    started_at=INSTANTS,
    ended_at=INSTANTS,
    reason=st.none() | st.sampled_from(AttemptReason),
    detail=TEXT,
    sent=COUNTS,
    sample=st.binary(max_size=30),
)
COVERAGES = st.builds(
    Coverage, range=TEXT, level=st.sampled_from(CoverageLevel), complete=st.booleans(), hosts_alive=COUNTS, detail=TEXT
)
OBSERVATIONS = st.builds(
    Observation,
    protocol=TEXT,
    collector=TEXT,
    via=st.sampled_from(Via),
    site=TEXT,
    fields=FIELDS,
    first_seen_at=INSTANTS,
    last_seen_at=INSTANTS,
    count=COUNTS,
    ip=IPS,
    port=st.none() | st.integers(0, 65535),
    link_mac=MACS,
    raw=st.binary(max_size=40),
    truncated=st.booleans(),
    outside_scope=st.booleans(),
)
LEDGERS = st.dictionaries(st.ip_addresses(v=4).map(str), st.builds(Ledger, packets=COUNTS, metered=st.booleans()), max_size=3)


@given(
    run=RUNS,
    scope=SCOPES,
    attempts=st.lists(ATTEMPTS, max_size=2),
    observations=st.lists(OBSERVATIONS, max_size=3),
    coverage=st.lists(COVERAGES, max_size=2),
    ledgers=LEDGERS,
)
def test_what_is_written_comes_back(
    run: Run,
    scope: Scope,
    attempts: list[CollectorAttempt],
    observations: list[Observation],
    coverage: list[Coverage],
    ledgers: dict[str, Ledger],
) -> None:
    back = load(dump(run, scope, attempts, observations, coverage, ledgers))
    assert back == ObservationFile(
        run=run,
        scope=scope,
        attempts=tuple(attempts),
        coverage=tuple(coverage),
        observations=tuple(sorted(observations, key=Observation.order)),
        ledgers=ledgers,
    )


def lines() -> list[str]:
    return list(
        dump(
            making.run(),
            making.scope(),
            [making.attempt()],
            [making.observation(), making.observation("10.20.0.12")],
            [making.LINK],
            {"10.20.0.11": Ledger(packets=31)},
        )
    )


def test_the_file_format_is_the_published_one(update_golden: bool) -> None:
    text = "".join(lines())
    if update_golden:
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_first_line_names_schema_run_scope_and_data() -> None:
    head = json.loads(lines()[0])
    assert head["schema"] == "camscan-observations/1"
    assert head["run"]["site"]["class"] == "other"
    assert head["scope"]["ranges"] == ["10.20.0.0/24"]
    assert head["data"] == {"version": "2026-11-21.0123456789"}


def test_only_ascii_leaves_so_that_a_file_can_be_shown_on_a_terminal() -> None:
    text = "".join(dump(making.run(), making.scope(), [], [making.observation(fields=(("http.title", canned.HOSTILE),))], []))
    assert text.isascii()
    assert "\x1b" not in text


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_everything_before_a_last_line_that_is_cut_off_is_kept(cut: int) -> None:
    whole = lines()
    found = load([*whole[:-1], whole[-1][: -cut - 1]])
    assert [one.ip for one in found.observations] == ["10.20.0.11"]
    assert found.damaged == "line 6: cut off or not JSON"


def test_a_file_cut_between_two_lines_is_known_by_the_number_in_its_head() -> None:
    found = load(lines()[:-1])
    assert len(found.observations) == 1
    assert found.damaged == "ends after 4 of 5 records"


def test_a_whole_file_is_not_damaged() -> None:
    assert load(lines()).damaged is None


def test_a_file_without_optional_keys_is_read_with_their_defaults() -> None:
    least = {
        "protocol": "http",
        "collector": "import",
        "via": "import",
        "site": "x",
        "fields": {},
        "first_seen_at": "2026-11-21T18:00:00+01:00",
        "last_seen_at": "2026-11-21T18:00:00Z",
    }
    found = load([lines()[0], json.dumps({"observation": least})]).observations[0]
    assert (found.count, found.raw, found.ip) == (1, b"", None)
    assert found.first_seen_at == datetime(2026, 11, 21, 17, 0, tzinfo=UTC)


def test_keys_of_a_newer_version_are_passed_over() -> None:
    head, *rest = lines()
    record = json.loads(rest[-1])
    record["observation"]["mood"] = "bright"
    assert load([head, *rest[:-1], json.dumps(record)]) == load([head, *rest])


def with_changed(kind: str, key: str, value: object) -> list[str]:
    changed = []
    for line in lines():
        record = json.loads(line)
        if kind in record:
            record[kind][key] = value
        changed.append(json.dumps(record))
    return changed


@pytest.mark.parametrize(
    ("kind", "key", "value", "said"),
    [
        ("coverage", "complete", 1, "line 2: coverage.complete must be true or false"),
        ("attempt", "status", "done", "line 3: attempt.status must be one of completed, partial, failed, skipped"),
        ("attempt", "started_at", "2026-11-21T18:00:00", "line 3: attempt.started_at must be an instant with its zone"),
        ("ledger", "packets", True, "line 4: ledger.packets must be a whole number"),
        ("observation", "raw_base64", "%%%", "line 5: observation.raw_base64 must be base64"),
        ("observation", "ip", "10.20.0.999", "line 5: observation.ip must be an address"),
        ("observation", "ip", "2001:DB8::1", "line 5: observation.ip must be an address"),
        ("observation", "port", 70000, "line 5: observation.port must be between 0 and 65535"),
        ("observation", "link_mac", "BC:AD:28:00:00:01", "line 5: observation.link_mac must be a MAC"),
        ("observation", "fields", {"http.server": "x"}, "line 5: observation.fields.http.server must be a list of strings"),
        ("run", "id", 7, "line 1: run.id must be a string"),
        ("run", "as_of", "today", "line 1: run.as_of must be a date"),
        ("run", "site", {"name": "x", "class": "secret"}, "line 1: run.site.class must be one of sensitive, other"),
        ("scope", "ranges", "10.20.0.0/24", "line 1: scope.ranges must be a list"),
    ],
)
def test_a_wrong_value_is_named_by_file_line_and_place(kind: str, key: str, value: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(with_changed(kind, key, value), "site.obs.jsonl")
    assert str(caught.value).startswith(f"site.obs.jsonl: {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "empty"),
        (["\n", "  \n"], "empty"),
        (["{}\n"], "line 1: not an observation file"),
        (["<html>\n"], "line 1: not an observation file"),
        (['{"schema": "camscan/1"}\n'], "line 1: not an observation file"),
        (['{"schema": "camscan-observations/9"}\n'], "line 1: schema camscan-observations/9 is newer"),
        (['{"schema": "camscan-observations/1"}\n'], "line 1: run is missing"),
        (["[" * 100_000], "line 1: not an observation file"),
    ],
)
def test_what_is_no_observation_file_is_refused_with_a_remedy(content: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load(content)


def test_damage_in_the_middle_is_an_error_and_not_a_shorter_run() -> None:
    whole = lines()
    with pytest.raises(UsageError, match="line 3: cut off or not JSON"):
        load([*whole[:2], "{nonsense\n", *whole[3:]])


def test_a_record_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="line 2: holds neither observation, attempt, coverage nor ledger"):
        load([lines()[0], '{"dream": {}}'])


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "site.obs.jsonl"
    path.write_text("".join(lines()), encoding="utf-8")
    assert read(path) == load(lines())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.obs\.jsonl: cannot be read: No such file"):
        read(tmp_path / "absent.obs.jsonl")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(b"\x02\x00\x04\x00\xff\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read(path)


def test_a_line_without_end_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "endless.obs.jsonl"
    path.write_text(lines()[0] + '{"observation": "' + "x" * (2 * MAX_LINE), encoding="utf-8")
    with pytest.raises(UsageError, match="line 2"):
        read(path)


@pytest.mark.parametrize("magic", ["d4c3b2a1", "0a0d0d0a"])
def test_a_capture_in_place_of_an_observation_file_names_the_command_that_reads_it(tmp_path: Path, magic: str) -> None:
    file = tmp_path / "gate.pcap"
    file.write_bytes(bytes.fromhex(magic) + bytes(60))
    with pytest.raises(UsageError, match=r"gate\.pcap: a capture: camscan replay .*gate\.pcap$"):
        read(file)
