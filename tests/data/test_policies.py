"""Every file under fingerprints/policies: golden cases, sources, names, words, dates; and what a broken file is told."""

from __future__ import annotations

import importlib.util
import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from camscan.datafiles import policy_schema
from camscan.datafiles.policies import load_policies
from camscan.errors import DataFileError
from camscan.model import Edge, Verdict
from camscan.policy.golden import difference, failures
from camscan.policy.rules import SITE_FACTS, Golden
from tests.policy.books import FINGERPRINTS, shipped
from tests.policy.test_reason import FORBIDDEN, words

PROJECT = FINGERPRINTS.parent
POLICIES = FINGERPRINTS / "policies"
RULES = sorted(shipped().rules.values(), key=lambda rule: rule.id)
LATEST = date(2026, 12, 31)
"""No company changed hands after this; a later date in an edge is a slip."""


@pytest.mark.parametrize("case", shipped().golden, ids=lambda case: f"{case.policy}: {case.name}")
def test_a_golden_case_comes_out_as_written(case: Golden):
    assert difference(case, shipped()) == ""


def test_every_rule_has_a_case_that_it_leaves_without_finding():
    assert failures(shipped()) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_can_be_read_at_an_official_place_and_is_read_again_in_time(rule):
    official = [reference for reference in rule.references if reference.official and reference.url.startswith("https://")]
    assert official
    assert rule.review_by > max((reference.read_on for reference in official if reference.read_on), default=date.min)
    assert rule.since < rule.review_by


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_s_file_is_named_by_its_id_and_some_policy_or_the_rule_alone_has_cases(rule):
    assert (POLICIES / "rules" / f"{rule.id}.toml").is_file()
    held = {policy.name for policy in shipped().sets.values() if rule.id in {item.rule for item in policy.applies}}
    assert {case.policy for case in shipped().golden} & {*held, f"rule:{rule.id}"}


def test_every_policy_s_file_is_named_by_it():
    assert {path.stem for path in (POLICIES / "sets").glob("*.toml")} == set(shipped().sets)


def test_every_answer_of_a_policy_states_a_fact_that_can_be_stated():
    for policy in shipped().sets.values():
        for fact, ask in policy.asks.items():
            assert {value for _, value in ask.answers} <= set(SITE_FACTS[fact])
            assert "{site}" in ask.question


def test_every_vendor_that_a_camera_can_follow_from_is_an_entity():
    named = set()
    for path in (FINGERPRINTS / "vendors").glob("*.toml"):
        content = tomllib.loads(path.read_text())
        if not content["vendor"].get("non_camera"):
            named |= {content["vendor"]["slug"], *(brand["slug"] for brand in content.get("brand", []))}
    assert named <= set(shipped().entities), f"without entity: {sorted(named - set(shipped().entities))}"


def test_a_company_s_jurisdiction_has_a_source_and_an_uncertain_one_its_reason():
    for entity in shipped().entities.values():
        assert entity.jurisdiction is None or entity.sources, entity.slug
        assert not entity.may_be or entity.why, entity.slug
        assert entity.jurisdiction not in entity.may_be, entity.slug


def test_a_brand_belongs_to_a_company():
    for entity in shipped().entities.values():
        if entity.role == "brand":
            assert any(edge.type == "brand_of" for edge in shipped().edges_of.get(entity.slug, ())), entity.slug


@pytest.mark.parametrize("edge", shipped().edges, ids=lambda edge: f"{edge.child} {edge.type} {edge.parent} {edge.status}")
def test_an_edge_has_sources_and_sane_dates(edge: Edge):
    assert edge.sources
    assert edge.confidence in ("high", "medium"), "what is known by hearsay only is not shipped"
    assert all(day is None or date(1980, 1, 1) < day <= LATEST for day in (edge.since, edge.until))
    assert (edge.status == "asserted") is (edge.alleged_by == "")


def test_the_registry_spells_a_registrant_as_its_source_says():
    registry = (FINGERPRINTS / "oui" / "registry.txt").read_text()
    registrants = {line.partition("\t")[2] for line in registry.splitlines()}
    prefix = "IEEE registry of assignments: "
    cited = {source for entity in shipped().entities.values() for source in entity.sources if source.startswith(prefix)}
    assert {source.removeprefix(prefix) for source in cited} <= registrants


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*/*.toml")), ids=lambda path: path.name)
def test_no_file_holds_a_word_that_is_never_printed(path: Path):
    assert not FORBIDDEN & words(path.read_text())


def test_taiwan_and_hong_kong_are_jurisdictions_of_their_own():
    assert shipped().entities["vivotek"].jurisdiction == "TW"
    assert shipped().entities["reolink"].jurisdiction == "HK"
    rule = shipped().rules["uk.hcws386"]
    assert rule.limbs[0].subject.members == {"CN"}


def test_a_case_that_expects_something_else_is_told():
    case = next(case for case in shipped().golden if case.verdict is Verdict.PROHIBITED)
    book = shipped()
    wrong = Golden(**{name: getattr(case, name) for name in case.__slots__} | {"verdict": Verdict.NO_FINDING})
    assert difference(wrong, book) == "expected no_finding, got prohibited"


# What a broken file is told: the file, the entry, what is wrong, in one line.


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(POLICIES, tmp_path / "policies")
    return tmp_path


def put(root: Path, file: str, old: str, new: str) -> None:
    path = root / "policies" / file
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))


def refused(root: Path) -> str:
    with pytest.raises(DataFileError) as fault:
        load_policies(root)
    assert "\n" not in str(fault.value)
    return str(fault.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("entities/dahua.toml", 'role = "company"', 'role = "firm"', "fingerprints/policies/entities/dahua.toml: dahua: entity 1 role"),
        ("entities/dahua.toml", 'slug = "imou"', 'slug = "dahua"', "entity dahua exists already"),
        ("entities/dahua.toml", 'slug = "imou"', 'slug = "imoo"', "there is no entity imou"),
        ("edges/dahua.toml", 'parent = "skywatch"', 'parent = "skywatcher"', "there is no entity skywatcher"),
        ("edges/dahua.toml", "since = 2018-02-01\nuntil = 2023-02-28", "since = 2024-02-01\nuntil = 2023-02-28", "ends before it begins"),
        ("edges/dahua.toml", 'alleged_by = "Attorney General of Nebraska, contested by Lorex"', "", "an allegation names who alleges it"),
        ("edges/hikvision.toml", 'child = "ezviz"\nparent = "hikvision"', 'child = "hikvision"\nparent = "hilook"', "it closes a circle"),
        ("rules/uk.hcws386.toml", 'version      = ', 'edition      = ', "uk.hcws386: version: Field required"),
        ("rules/uk.hcws386.toml", 'class = "sensitive"', 'class = "secret"', "class = secret is no site fact"),
        ("rules/uk.hcws386.toml", 'asked_elsewhere = ["decision"]', 'asked_elsewhere = ["purpose"]', "no other effect asks for purpose"),
        ("rules/us.s889.a1A.toml", '"hytera", "hikvision", "dahua"], affiliates', '"hyterra"], affiliates', "there is no entity hyterra"),
        ("rules/us.s889.a1A.toml", "affiliates = true }\nequipment = [\"telecommunications\"]", 'jurisdiction = ["CN"] }\nequipment = ["video"]', "exactly one of"),
        ("sets/uk-department.toml", 'id = "uk.hcws386"', 'id = "uk.hcws387"', "there is no rule uk.hcws387"),
        ("sets/uk-department.toml", 'fact     = "zone"', 'fact     = "zones"', "zones = core is no site fact"),
        ("sets/us-tx-agency.toml", 'expect = { agency = "no_finding" }', 'expect = { agency = "nothing" }', "agency names no verdict"),
        ("sets/us-tx-agency.toml", 'expect = { agency = "no_finding" }', 'expect = { depot = "no_finding" }', "there is no site depot"),
        ("golden.toml", 'policy = "tw-agency"', 'policy = "tw-agencies"', "there is no policy tw-agencies"),
        ("golden.toml", 'canada = "review rule-text"', 'kanada = "review rule-text"', "there is no column kanada"),
        ("badges.toml", 'entity = "tiandy"', 'entity = "tiandi"', "there is no entity tiandi"),
        ("asks.toml", 'value = "core"', 'value = "heart"', "zone = heart is no site fact"),
        ("clauses.toml", 'status = "read"', 'status = "skimmed"', "clause 1 status"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_its_name_and_entry(copied, file, old, new, expected):
    put(copied, file, old, new)
    assert expected in refused(copied)


def test_a_rule_in_force_that_nobody_has_read_at_an_official_place_is_refused(copied):
    path = copied / "policies" / "rules" / "uk.hcws386.toml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("read_on")))
    assert "in force needs an official reference with read_on; else its status is draft" in refused(copied)


def test_a_folder_without_policies_is_refused_with_the_remedy(tmp_path):
    assert "--data must name a folder like fingerprints/" in refused(tmp_path)


def test_the_version_changes_with_any_file_and_with_nothing_else(copied):
    before = load_policies(copied).version
    assert load_policies(copied).version == before == shipped().version
    put(copied, "edges/others.toml", "confidence = ", "# reviewed\nconfidence = ")
    assert load_policies(copied).version != before


def test_a_month_begins_on_its_first_day_and_ends_on_its_last(copied):
    put(copied, "edges/dahua.toml", "since = 2018-02-01\nuntil = 2023-02-28", 'since = "2018-02"\nuntil = "2023-02"')
    owned = next(edge for edge in load_policies(copied).edges_of["lorex"] if edge.type == "owned_by" and edge.parent == "dahua")
    assert (owned.since, owned.until) == (date(2018, 2, 1), date(2023, 2, 28))


def test_the_page_about_policies_is_what_the_files_give():
    spec = importlib.util.spec_from_file_location("reference_policies", PROJECT / ".ci" / "reference_policies.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.TARGET.read_text("utf-8") == script.policies_page(), "run .ci/reference_policies.py"


@pytest.mark.parametrize("page", ["docs/adding/policy.md", "fingerprints/policies/README.md"])
def test_the_paths_that_a_page_names_exist(page: str):
    quoted = (PROJECT / page).read_text("utf-8").split("`")[1::2]
    paths = [word for text in quoted for word in text.split() if "/" in word and not set('<="') & set(word)]
    roots = (PROJECT, POLICIES)
    assert paths
    assert [path for path in paths if not any((root / path).exists() for root in roots)] == []


def test_the_page_about_the_format_names_every_key_that_a_file_may_hold():
    page = (POLICIES / "README.md").read_text()
    forms = [form for form in vars(policy_schema).values() if isinstance(form, type) and issubclass(form, policy_schema.Strict)]
    keys = {key for form in forms for key in form.model_fields}
    assert len(keys) > 40
    assert sorted(key for key in keys if key not in page) == []
