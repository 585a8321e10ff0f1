"""What may be touched: the scope from flags and file, its authority, and the guard that every packet passes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camscan.collect.scope import allowed_until, authorise, authorise_capture, build_scope
from camscan.collect.scopefile import read_scope_file
from camscan.errors import RefusedError, UsageError
from camscan.model import Scope

MAC = "bc:ad:28:00:00:01"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WSD = ("239.255.255.250", 3702)
FULL = """
ranges = ["10.20.0.0/16", "2001:db8::/112"]
exclude = ["10.20.9.0/24", "10.20.8.1-10.20.8.9", "BC-AD-28-00-00-01"]
interfaces = ["eth0", "vlan40"]
techniques = ["active", "listen", "credentials"]
not_before = 2026-11-01T08:00:00+01:00
not_after = 2026-11-30
hours = "08:00-18:00"
highest_pace = "fast"
authorised_by = "Kierownik działu, M. Żak"
reference = "ZGODA/2026/117"
"""


@pytest.fixture
def warsaw(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def scope_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "zgoda.toml"
    path.write_text(text, encoding="utf-8")
    return path


# --- targets and flags


def test_targets_are_kept_as_networks_in_order_and_without_those_inside_others() -> None:
    scope = build_scope(["10.20.4.7", "10.20.0.0/24", "10.20.0.128/25", "2001:DB8::5", "10.20.0.0/24"])
    assert scope.ranges == ("10.20.0.0/24", "10.20.4.7/32", "2001:db8::5/128")
    assert (scope.pace, scope.highest_pace, scope.techniques, scope.sha256) == ("polite", "normal", ("active", "listen"), None)


def test_without_targets_and_file_the_scope_is_empty() -> None:
    assert build_scope([]) == Scope()


@pytest.mark.parametrize(
    ("target", "remedy"),
    [
        ("10.20.0.5/24", "write 10.20.0.0/24 for the network or 10.20.0.5 for the one address"),
        ("camera.example", "not a name"),
        ("10.20.0.0/33", "not an address or network"),
        ("10.20.0.5-10.20.0.9", "single addresses"),
        ("", "not an address or network"),
        ("239.255.255.250", "holds no hosts"),
        ("0.0.0.0/0", "holds no hosts"),
        ("::ffff:a14:0/112", "holds no hosts"),
        ("ff02::/64", "holds no hosts"),
        ("203.0.112.0/24", "--allow-public"),
        ("9.0.0.0/24", "--allow-public"),
        ("10.0.0.0/7", "--allow-public"),
        ("10.20.0.0/15", "--allow-large"),
    ],
)
def test_a_target_that_cannot_be_used_is_named_with_its_remedy(target: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        build_scope([target])
    assert target in str(refused.value)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)


def test_public_and_large_ranges_pass_with_the_flag_that_says_they_are_meant() -> None:
    assert build_scope(["9.0.0.0/24"], allow_public=True).allow_public
    assert build_scope(["10.0.0.0/8"], allow_large=True).ranges == ("10.0.0.0/8",)
    with pytest.raises(UsageError, match="--allow-large"):
        build_scope(["9.0.0.0/8"], allow_public=True)


def test_two_halves_of_a_large_range_are_as_large_as_the_whole() -> None:
    with pytest.raises(UsageError, match=r"10\.20\.0\.0/15.*--allow-large"):
        build_scope(["10.20.0.0/16", "10.21.0.0/16"])
    assert len(build_scope(["10.20.0.0/16", "10.30.0.0/16"]).ranges) == 2


def test_exclusions_are_addresses_networks_spans_and_macs() -> None:
    said = ["10.20.0.5", "10.20.1.0/28", "10.20.0.9-10.20.0.12", "BCAD.2800.0001", "2001:DB8::1"]
    assert build_scope(["10.20.0.0/16"], said).exclude == (
        "10.20.0.5",
        "10.20.1.0/28",
        "10.20.0.9-10.20.0.12",
        MAC,
        "2001:db8::1",
    )


@pytest.mark.parametrize(
    "said", ["10.20.0.5/24", "10.20.0.9-10.20.0.5", "10.20.30.40.50.60", "1234:5678:9abc", "bc:ad:28", "printer"]
)
def test_an_exclusion_that_cannot_be_read_is_never_passed_over(said: str) -> None:
    with pytest.raises(UsageError, match="--exclude"):
        build_scope(["10.20.0.0/16"], [said])


def test_a_scope_from_which_everything_is_excluded_is_an_error() -> None:
    with pytest.raises(UsageError, match="nothing is left"):
        build_scope(["10.20.0.0/24"], ["10.20.0.0/25", "10.20.0.128/25"])


def test_an_unknown_pace_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="polite, normal, fast"):
        build_scope(["10.20.0.0/24"], pace="ludicrous")


# --- the scope file


@pytest.mark.usefixtures("warsaw")
def test_every_key_of_a_scope_file_reaches_the_scope(tmp_path: Path) -> None:
    path = scope_file(tmp_path, FULL)
    assert build_scope([], ["10.20.7.7"], pace="fast", scope_file=path) == Scope(
        ranges=("10.20.0.0/16", "2001:db8::/112"),
        exclude=("10.20.9.0/24", "10.20.8.1-10.20.8.9", MAC, "10.20.7.7"),
        interfaces=("eth0", "vlan40"),
        techniques=("active", "listen", "credentials"),
        pace="fast",
        highest_pace="fast",
        authorised_by="Kierownik działu, M. Żak",
        reference="ZGODA/2026/117",
        not_before=datetime(2026, 11, 1, 7, 0, tzinfo=UTC),
        not_after=datetime(2026, 11, 30, 22, 59, 59, 999_999, tzinfo=UTC),
        hours="08:00-18:00",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


@pytest.mark.usefixtures("warsaw")
def test_an_instant_without_a_zone_is_local_time(tmp_path: Path) -> None:
    scope = build_scope([], scope_file=scope_file(tmp_path, "not_before = 2026-11-01T08:00:00\nnot_after = 2026-11-02"))
    assert scope.not_before == datetime(2026, 11, 1, 7, 0, tzinfo=UTC)


def test_targets_narrow_what_the_file_allows(tmp_path: Path) -> None:
    path = scope_file(tmp_path, FULL)
    scope = build_scope(["10.20.3.0/24"], interfaces=["eth0"], scope_file=path)
    assert (scope.ranges, scope.interfaces) == (("10.20.3.0/24",), ("eth0",))


@pytest.mark.parametrize("target", ["10.21.0.0/24", "10.20.0.0/15", "2001:db8::1:0"])
def test_a_target_outside_the_ranges_of_the_file_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(RefusedError, match="not inside the ranges"):
        build_scope([target], scope_file=scope_file(tmp_path, FULL), allow_large=True)


def test_a_file_without_ranges_allows_no_target(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="none"):
        build_scope(["10.20.0.0/24"], scope_file=scope_file(tmp_path, 'reference = "X"'))


def test_an_interface_that_the_file_does_not_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="eth0, vlan40"):
        build_scope([], interfaces=["eth1"], scope_file=scope_file(tmp_path, FULL))


def test_the_file_may_allow_public_and_large_ranges(tmp_path: Path) -> None:
    path = scope_file(tmp_path, 'ranges = ["9.0.0.0/8"]\nallow_public = true\nallow_large = true')
    assert build_scope([], scope_file=path).ranges == ("9.0.0.0/8",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('# zgoda\nrange = ["10.20.0.0/24"]', "line 2: range: unknown key; did you mean ranges?"),
        ("[windows]\nstart = 1", "line 1: windows: unknown key; known keys: "),
        ("\n\nranges = [", "not valid TOML"),
        ('ranges = "10.20.0.0/24"', "line 1: ranges: wants a list"),
        ('ranges = ["10.20.0.5/24"]', "line 1: ranges: 10.20.0.5/24: has host bits set"),
        ('ranges = ["224.0.0.0/8"]', "holds no hosts"),
        ('exclude = ["printer"]', "line 1: exclude: printer: not an address"),
        ('hours = "8 to 18"', "line 1: hours"),
        ('hours = "08:00-08:00"', "line 1: hours"),
        ('hours = "25:00-26:00"', "line 1: hours"),
        ('highest_pace = "warp"', "polite, normal, fast"),
        ('techniques = ["active", "exploit"]', "exploit: no such technique"),
        ('not_after = "2026-11-30"', "without quotes"),
        ("not_after = 9999-12-31\nnot_before = 2026-11-30", None),
        ("not_before = 2026-11-30\nnot_after = 2026-11-01", "line 2: not_after: lies before not_before"),
        ("allow_large = 1", "line 1: allow_large: wants true or false"),
        ("authorised_by = 7", "line 1: authorised_by: wants text"),
    ],
)
def test_a_scope_file_that_cannot_be_used_names_line_and_key(tmp_path: Path, text: str, said: str | None) -> None:
    path = scope_file(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        build_scope([], scope_file=path)
    assert str(refused.value).startswith(f"{path}: ")
    assert said is None or said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_scope_file_that_cannot_be_read_is_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        build_scope([], scope_file=tmp_path / "none.toml")
    with pytest.raises(UsageError, match="directory"):
        build_scope([], scope_file=tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'reference = "x"\nauthorised_by = "M\xf8ller"')
    with pytest.raises(UsageError, match="line 2: not UTF-8"):
        build_scope([], scope_file=latin)


# --- authority


def test_what_the_scope_allows_passes() -> None:
    authorise(Scope(), NOON, "active")
    authorise(Scope(not_before=NOON, not_after=NOON, pace="fast", highest_pace="fast", techniques=("deep",)), NOON, "deep")


@pytest.mark.parametrize(
    ("scope", "technique", "said"),
    [
        (Scope(), "credentials", "technique credentials"),
        (Scope(techniques=("listen",)), "active", "allowed: listen"),
        (Scope(pace="fast"), "active", "the pace normal at most"),
        (Scope(pace="normal", highest_pace="polite"), "active", "the pace polite at most"),
        (Scope(not_before=datetime(2026, 11, 21, 12, 1, tzinfo=UTC)), "active", "begins on 2026-11-21"),
        (
            Scope(not_after=datetime(2026, 11, 21, 11, 59, tzinfo=UTC), reference="ZGODA/117"),
            "active",
            "(ZGODA/117) expired on",
        ),
    ],
)
def test_what_the_scope_does_not_allow_is_refused_with_the_reason(scope: Scope, technique: str, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        authorise(scope, NOON, technique)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "--scope FILE"),
        ('techniques = ["listen"]', "does not name who authorised it"),
        ('authorised_by = "M. Żak"', 'techniques = ["listen"]'),
    ],
)
def test_capture_of_what_others_say_needs_a_file_with_a_name_and_the_technique(
    tmp_path: Path, written: str | None, said: str
) -> None:
    def authorised(path: Path | None) -> None:
        authorise_capture(build_scope((), scope_file=path), read_scope_file(path) if path else None)

    file = tmp_path / "scope.toml"
    file.write_text(written or "")
    with pytest.raises(RefusedError) as refused:
        authorised(file if written else None)
    assert said in str(refused.value)
    file.write_text('authorised_by = "M. Żak"\ntechniques = ["listen"]')
    authorised(file)


@pytest.mark.usefixtures("warsaw")
@pytest.mark.parametrize(
    ("hours", "not_after", "until"),
    [
        (None, None, None),
        (None, (22, 18), (22, 18)),
        ("08:00-18:00", None, (21, 17)),
        ("08:00-18:00", (22, 18), (21, 17)),
        ("08:00-18:00", (21, 16), (21, 16)),
        ("10:00-06:00", None, (22, 5)),
    ],
)
def test_a_long_run_ends_with_the_scope(
    hours: str | None, not_after: tuple[int, int] | None, until: tuple[int, int] | None
) -> None:
    scope = Scope(hours=hours, not_after=datetime(2026, 11, *not_after, tzinfo=UTC) if not_after else None)
    assert allowed_until(scope, NOON) == (datetime(2026, 11, *until, tzinfo=UTC) if until else None)


@pytest.mark.usefixtures("warsaw")
@pytest.mark.parametrize(
    ("hours", "utc", "allowed"),
    [
        ("08:00-18:00", (6, 59), False), ("08:00-18:00", (7, 0), True), ("08:00-18:00", (16, 59), True), ("08:00-18:00", (17, 0), False),
        ("22:00-06:00", (20, 59), False), ("22:00-06:00", (21, 0), True), ("22:00-06:00", (4, 59), True), ("22:00-06:00", (5, 0), False),
    ],
)  # fmt: skip
def test_hours_are_local_and_may_pass_midnight(hours: str, utc: tuple[int, int], allowed: bool) -> None:
    moment = datetime(2026, 11, 21, *utc, tzinfo=UTC)
    if allowed:
        authorise(Scope(hours=hours), moment, "active")
    else:
        with pytest.raises(RefusedError, match="local time"):
            authorise(Scope(hours=hours), moment, "active")


# --- the guard


# --- switches and routers outside the ranges


def test_infrastructure_comes_from_file_or_flag_and_a_flag_only_narrows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "scope.toml"
    path.write_text('ranges = ["10.20.0.0/24"]\ninfrastructure = ["10.20.9.2", "2001:DB8::1"]\n')
    assert build_scope([], scope_file=path).infrastructure == ("10.20.9.2", "2001:db8::1")
    assert build_scope([], scope_file=path, infrastructure=["10.20.9.2"]).infrastructure == ("10.20.9.2",)
    assert build_scope(["10.20.0.0/24"], infrastructure=["10.20.9.3"]).infrastructure == ("10.20.9.3",)
    with pytest.raises(RefusedError, match=r"--infrastructure 10\.20\.9\.3"):
        build_scope([], scope_file=path, infrastructure=["10.20.9.3"])


@pytest.mark.parametrize("text", ["10.20.9.0/24", "switch", "239.1.1.1", "10.20.9.2/24", ""])
def test_infrastructure_is_named_by_single_addresses(text: str) -> None:
    with pytest.raises(UsageError, match="--infrastructure"):
        build_scope(["10.20.0.0/24"], infrastructure=[text])


def test_a_switch_at_a_public_address_needs_the_flag_that_says_so() -> None:
    with pytest.raises(UsageError, match="--allow-public"):
        build_scope(["10.20.0.0/24"], infrastructure=["9.9.9.9"])
