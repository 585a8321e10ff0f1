"""The file of sites: what it states, what it refuses, and that a device is judged by the range that holds it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from camscan.cli.configuration import configuration
from camscan.cli.options import site_context
from camscan.cli.sites import chosen_site, read_sites, unknown_site, with_site
from camscan.errors import UsageError
from camscan.model import SiteContext

FULL = """
[[site]]
name               = "Łódź annex"
ranges             = ["10.20.5.0/24", "fd00:20::/64"]
class              = "other"
zone               = "separate"
purpose            = "facility-security"
equipment_owner    = "landlord"
controller         = "facilities"
decision           = "extend"
decision_on        = 2025-03-03
decision_reference = "SEC-12"

[[site]]
name   = "door"
ranges = ["10.20.5.7"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "sites.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_is_read_and_what_is_not_stated_stays_unknown(tmp_path: Path) -> None:
    assert read_sites(written(tmp_path, FULL)) == (
        SiteContext(
            name="Łódź annex",
            ranges=("10.20.5.0/24", "fd00:20::/64"),
            class_="other",
            zone="separate",
            purpose="facility-security",
            equipment_owner="landlord",
            controller="facilities",
            decision="extend",
            decision_on=date(2025, 3, 3),
            decision_reference="SEC-12",
        ),
        SiteContext(name="door", ranges=("10.20.5.7/32",)),
    )


SITE = '[[site]]\nname = "annex"\nranges = ["10.20.5.0/24"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no site"),
        ("site = 3", "holds no site"),
        ("colour = 1\n" + SITE, '"colour" is not a key'),
        ("[[site]]\nname = ", "not valid TOML"),
        ('[[site]]\nranges = ["10.20.5.0/24"]', "site 1: has no name"),
        ('[[site]]\nname = "annex"', 'site 1 "annex": has no ranges'),
        ('[[site]]\nname = "annex"\nrange = ["10.20.5.0/24"]', 'has no ranges (is "range" meant?)'),
        ('[[site]]\nname = "annex"\nranges = "10.20.5.0/24"', "ranges must be a list of networks"),
        ('[[site]]\nname = "annex"\nranges = []', "ranges must be a list of networks"),
        ('[[site]]\nname = "annex"\nranges = ["10.20.5.1/24"]', '"10.20.5.1/24" is not a network'),
        (SITE + 'class = "secret"', 'class="secret" is not known: use sensitive or other'),
        (SITE + "class = 3", "class must be text in quotes"),
        (SITE + 'clas = "other"', '"clas" is not a key'),
        (SITE + 'decision_on = "soon"\ndecision = "extend"', 'decision_on: "soon" is not a date'),
        (SITE + "decision_on = 2025-03-03", "and no decision"),
        (SITE + SITE.replace("annex", "other"), '10.20.5.0/24 is stated of both "annex" and "other": keep one'),
        (SITE + SITE.replace("5.0", "6.0"), 'two sites are named "annex"'),
    ],
)
def test_what_is_wrong_is_named_with_file_site_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_sites(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)


def test_a_file_that_is_not_there_or_far_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--sites names a file of sites"):
        read_sites(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="hardly a file of sites"):
        read_sites(written(tmp_path, SITE + "#" * 4 * 1024 * 1024))


def test_the_configuration_names_the_file(tmp_path: Path) -> None:
    system = tmp_path / "config.toml"
    system.write_text(f'sites = "{tmp_path}/a.toml"\n', encoding="utf-8")
    assert configuration({"HOME": str(tmp_path)}, system).sites == tmp_path / "a.toml"
    assert configuration({"HOME": str(tmp_path), "CAMSCAN_SITES": "/b.toml"}, system).sites == Path("/b.toml")


def test_the_same_keys_can_be_stated_by_flags() -> None:
    site = site_context(["name=hq", "equipment_owner=landlord", "decision=pending", "decision_on=2025-03-03"])
    assert (site.equipment_owner, site.decision, site.decision_on) == ("landlord", "pending", date(2025, 3, 3))
    with pytest.raises(UsageError, match="state decision too"):
        site_context(["decision_on=2025-03-03"])


NAMED = """
[[site]]
name     = "hq"
ranges   = ["10.20.0.0/24"]
class    = "sensitive"
decision = "extend"
decision_on = 2025-03-03
policy   = ["uk-department"]
scope    = "hq-scope.toml"
exclude  = ["10.20.0.250"]

[[site]]
name   = "annex"
ranges = ["10.20.5.0/24"]
policy = "us-contractor"
"""


def test_a_named_site_brings_its_facts_its_ranges_and_what_goes_with_it(tmp_path: Path) -> None:
    found = chosen_site(["name=hq"], written(tmp_path, NAMED))
    assert found is not None
    assert (found.context.class_, found.context.ranges) == ("sensitive", ("10.20.0.0/24",))
    assert (found.policies, found.exclude) == (("uk-department",), ("10.20.0.250",))
    assert found.scope == tmp_path / "hq-scope.toml"
    assert chosen_site(["name=annex"], written(tmp_path, NAMED)).policies == ("us-contractor",)  # type: ignore[union-attr]


def test_a_flag_states_a_fact_of_a_named_site_instead_of_its_file(tmp_path: Path) -> None:
    file = written(tmp_path, NAMED)
    found = chosen_site(["name=hq", "class=other", "decision=pending"], file)
    assert found is not None
    assert (found.context.class_, found.context.decision, found.context.decision_on) == ("other", "pending", None)
    assert with_site(read_sites(file), found)[0] == found.context
    assert with_site(read_sites(file), found)[1].name == "annex"


def test_without_a_name_or_a_file_no_site_is_chosen(tmp_path: Path) -> None:
    assert chosen_site(["class=other"], written(tmp_path, NAMED)) is None
    assert chosen_site(["name=hq"], None) is None
    assert unknown_site(["class=other"], written(tmp_path, NAMED)) is None
    assert unknown_site(["name=hq"], None) is None


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (("name=north", "name=south"), ("name=north", "name=south", "in a run each")),
        (("ranges=10.20.0.0/24", "ranges=10.20.1.0/24"), ("put commas between",)),
        (("class=sensitive", "class=other"), ("state it once",)),
    ],
)
def test_flags_that_state_two_things_are_refused(pairs: tuple[str, ...], said: tuple[str, ...]) -> None:
    for reading in (site_context, lambda given: chosen_site(given, None), lambda given: unknown_site(given, None)):
        with pytest.raises(UsageError) as refused:
            reading(pairs)
        assert all(word in str(refused.value) for word in said)
    assert site_context(["name=north", "name=north"]).name == "north"


@pytest.mark.parametrize(("name", "said"), [("anex", "did you mean annex?"), ("moon", "it has hq or annex")])
def test_a_name_that_no_site_has_is_a_name_and_is_told(tmp_path: Path, name: str, said: str) -> None:
    file = written(tmp_path, NAMED)
    assert chosen_site([f"name={name}"], file) is None
    told = unknown_site([f"name={name}"], file)
    assert told is not None
    assert said in told
    assert unknown_site(["name=hq"], file) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("policy = [1]", 'policy must be a list of texts: policy = ["uk-department"]'),
        ("exclude = 7", 'exclude must be a list of texts: exclude = ["10.20.0.250"]'),
        ('polcy = "x"', '"polcy" is not a key: use name, class'),
        ('polcy = "x"', "(nearest: policy)"),
        ('scope = ""', "scope must be the path of a scope file"),
    ],
)
def test_what_goes_with_a_site_has_its_form(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_sites(written(tmp_path, SITE + "\n" + line))
    assert said in str(caught.value)
