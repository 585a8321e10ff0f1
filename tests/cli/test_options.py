"""Options and settings: what is accepted, and what an error tells."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from camscan.cli.configuration import Configuration, configuration, keep_policies, user_file
from camscan.cli.options import (
    as_of_date,
    choose_policies,
    color_choice,
    column_names,
    duration,
    fail_on_level,
    one_of,
    site_context,
)
from camscan.cli.show import use_color
from camscan.errors import UsageError
from camscan.model import SiteContext

KNOWN = {"uk-department": "UK departments", "us-federal-agency": "US federal agencies"}


def test_what_is_not_stated_about_a_site_is_unknown() -> None:
    assert site_context(["name=hq"]) == SiteContext(name="hq", class_=None, zone=None, purpose=None)


def test_a_site_is_named_after_the_host_when_nobody_names_it() -> None:
    assert site_context([]).name


def test_flags_stand_above_the_configuration() -> None:
    site = site_context(["class=other"], {"class": "sensitive", "zone": "core", "name": "Łódź"})
    assert site == SiteContext(name="Łódź", class_="other", zone="core")


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("class", '--site: "class" is not KEY=VALUE'),
        ("class=", '--site: "class=" is not KEY=VALUE'),
        ("class=secret", '--site: class="secret" is not known: use sensitive or other'),
        ("class=sensitve", "(nearest: sensitive)"),
        ("zone=x", "use core or separate"),
        ("purpose=x", "use facility-security, critical-infrastructure, public-safety, national-security or none"),
        (
            "clas=other",
            '"clas" is not a key: use name, class, zone, purpose, decision, decision_on, equipment_owner, controller, decision_reference or ranges (nearest: class)',
        ),
    ],
)
def test_a_wrong_site_key_or_value_lists_what_is_allowed(pair: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        site_context([pair])
    assert said in str(caught.value)


def never(known: Mapping[str, str]) -> Sequence[str]:
    raise AssertionError("nobody must be asked")


def test_a_flag_chooses_the_policy_and_nobody_is_asked() -> None:
    assert choose_policies(["us-federal-agency"], ["uk-department"], KNOWN, ask=never) == ("us-federal-agency",)


def test_the_configuration_chooses_where_no_flag_does() -> None:
    assert choose_policies([], ["uk-department"], KNOWN, ask=never) == ("uk-department",)


def test_a_policy_named_twice_counts_once() -> None:
    assert choose_policies(["uk-department", "uk-department"], [], KNOWN) == ("uk-department",)


def test_a_terminal_is_asked_once() -> None:
    asked: list[Mapping[str, str]] = []

    def ask(known: Mapping[str, str]) -> Sequence[str]:
        asked.append(known)
        return ("uk-department",)

    assert choose_policies([], [], KNOWN, ask=ask) == ("uk-department",)
    assert asked == [KNOWN]


def test_without_a_terminal_the_choices_are_listed() -> None:
    with pytest.raises(UsageError, match="uk-department, us-federal-agency or none"):
        choose_policies([], [], KNOWN)


def test_a_command_that_only_identifies_needs_no_policy() -> None:
    assert choose_policies([], [], KNOWN, ask=never, mandatory=False) == ()


def test_none_judges_nothing_and_stands_alone() -> None:
    assert choose_policies(["none"], ["uk-department"], KNOWN) == ()
    with pytest.raises(UsageError, match="stands alone"):
        choose_policies(["none", "uk-department"], [], KNOWN)


def test_an_unknown_policy_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"nearest: uk-department"):
        choose_policies(["uk-departement"], [], KNOWN)


def test_a_threshold_is_one_of_six() -> None:
    assert fail_on_level("restricted") == "restricted"
    with pytest.raises(UsageError, match="prohibited, restricted, unidentified, review, none or new"):
        fail_on_level("high")


def test_a_day_of_judgement_is_a_date() -> None:
    today = date(2026, 11, 21)
    assert as_of_date(None, today) == today
    assert as_of_date("2020-01-01", today) == date(2020, 1, 1)
    with pytest.raises(UsageError, match="2026-11-21"):
        as_of_date("yesterday", today)


@pytest.mark.parametrize(
    ("names", "said"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c"), ([], "(nothing is available)")]
)
def test_choices_are_written_as_a_sentence(names: list[str], said: str) -> None:
    assert one_of(names) == said


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "xdg" / "camscan").mkdir(parents=True)
    return {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)}


def settings(home: dict[str, str], system: str | None = None, user: str | None = None, **environment: str) -> Configuration:
    system_file = Path(home["HOME"]) / "system.toml"
    if system is not None:
        system_file.write_text(system, encoding="utf-8")
    if user is not None:
        user_file(home).write_text(user, encoding="utf-8")
    return configuration({**home, **environment}, system_file)


def test_without_files_nothing_is_set(home: dict[str, str]) -> None:
    assert settings(home) == Configuration()


def test_the_users_file_stands_above_the_systems_and_the_environment_above_both(home: dict[str, str]) -> None:
    found = settings(
        home,
        'policy = "uk-department"\npace = "fast"\ncontact = "soc@example.org"\n[site]\nclass = "sensitive"\nzone = "core"\n',
        'pace = "normal"\n[site]\nclass = "other"\n',
        CAMSCAN_POLICY="us-federal-agency,uk-department",
        CAMSCAN_SITE_NAME="Łódź",
    )
    assert found.policies == ("us-federal-agency", "uk-department")
    assert found.pace == "normal"
    assert found.contact == "soc@example.org"
    assert found.site == {"class": "other", "zone": "core", "name": "Łódź"}
    assert found.origins["policy"] == "CAMSCAN_POLICY"
    assert found.origins["site.class"] == str(user_file(home))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("polcy = 'x'", '"polcy" is not a setting: did you mean policy?'),
        ("colour = 'x'", "use policy, contact, site, sites, pace"),
        ("pace = 'warp'", 'pace "warp" is not known: use polite, normal or fast'),
        ("pace = 3", "pace must be text"),
        ("policy = 3", "policy must be a name or a list of names"),
        ("policy = ['']", "policy must be a name or a list of names"),
        ("site = 'x'", "site"),
        ("site.class = 'secret'", "use sensitive or other"),
        ("site.colour = 'x'", '"colour" is not a key'),
        ("site.class = 3", "site.class must be text"),
        ('contact = "a\\r\\nX: y"', "contact must be plain ASCII on one line"),
        ("policy = ", "not valid TOML"),
    ],
)
def test_a_wrong_setting_names_the_file_the_key_and_the_remedy(home: dict[str, str], text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(home, user=text)
    assert str(caught.value).startswith(f"{user_file(home)}: ")
    assert said in str(caught.value)


def test_a_kept_answer_is_read_back_and_private(home: dict[str, str]) -> None:
    user_file(home).write_text('[site]\nclass = "other"\n', encoding="utf-8")
    keep_policies(("uk-department",), user_file(home))
    found = settings(home)
    assert found.policies == ("uk-department",)
    assert found.site == {"class": "other"}
    assert stat.S_IMODE(user_file(home).stat().st_mode) == 0o600


def test_a_new_configuration_folder_is_private(tmp_path: Path) -> None:
    path = tmp_path / "camscan" / "config.toml"
    keep_policies(("uk-department",), path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_settings_of_the_usage_page_are_accepted(home: dict[str, str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "usage.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    files = {"data", "sites", "attestations", "exceptions", "store"}
    assert set(settings(home, user=example).origins) == {
        "policy",
        "contact",
        "pace",
        "exception_days",
        "site.class",
        "unattended.mail_on",
        "delivery.smtp",
        *files,
    }


def test_ranges_of_a_site_are_networks_with_commas() -> None:
    assert site_context(["ranges=10.20.0.0/24, fd00:20::/64,10.20.0.0/24"]).ranges == ("10.20.0.0/24", "fd00:20::/64")
    for wrong in ("10.20.0.1/24", "here", "10.20.0.0/24,"):
        with pytest.raises(UsageError, match="write networks with commas"):
            site_context([f"ranges={wrong}"])


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("5s", 5), ("0.5s", 0.5), ("10m", 600), ("2h", 7_200), ("1d", 86_400)]
)
def test_a_duration_is_seconds_or_has_a_unit(text: str, seconds: float) -> None:
    assert duration(text, "--for") == seconds


@pytest.mark.parametrize("text", ["", "m", "soon", "0s", "-5s", "nan", "inf", "1e99d", "5 weeks"])
def test_what_is_no_duration_is_said_with_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match="10m"):
        duration(text, "--for")


def test_columns_are_named_with_commas_and_each_stands_once() -> None:
    assert column_names("verdict, address,verdict", ("address", "verdict")) == ("verdict", "address")
    assert column_names(None, ("address",)) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [("adress", '"adress" is not a column: use address, verdict (nearest: address)'), ("address,", '"" is not a column')],
)
def test_an_unknown_column_lists_the_known_ones(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        column_names(text, ("address", "verdict"))
    assert said in str(caught.value)


def test_colour_is_asked_for_by_one_of_three_words() -> None:
    assert color_choice("always") == "always"
    with pytest.raises(UsageError, match='--color: "yes" is not a choice: use auto, always or never'):
        color_choice("yes")


@pytest.mark.parametrize(
    ("choice", "environment", "colored"),
    [("always", {"NO_COLOR": "1"}, True), ("never", {}, False), ("auto", {}, False), ("auto", {"NO_COLOR": "1"}, False)],
)
def test_a_pipe_is_coloured_only_where_that_was_asked_for(choice: str, environment: Mapping[str, str], colored: bool) -> None:
    assert use_color(choice, environment) is colored


def test_a_decision_of_the_site_comes_with_its_day_and_reference_in_any_order(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[site]\ndecision_on = 2025-03-03\ndecision_reference = "SEC-12"\ndecision = "extend"\n')
    found = configuration({"HOME": str(tmp_path)}, file)
    assert found.site == {"decision": "extend", "decision_on": "2025-03-03", "decision_reference": "SEC-12"}
    file.write_text("[site]\ndecision_on = 2025-03-03\n")
    with pytest.raises(UsageError, match="no decision"):
        configuration({"HOME": str(tmp_path)}, file)
