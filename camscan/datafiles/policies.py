"""Read fingerprints/policies: entities, edges, rules and sets, checked as a whole and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from camscan.datafiles.locate import read_bytes, read_toml, shown
from camscan.datafiles.policy_schema import (
    EdgeEntry,
    EdgeFile,
    EffectEntry,
    EntityEntry,
    EntityFile,
    GoldenCaseEntry,
    LimbEntry,
    RuleFile,
    SetFile,
    Strict,
    SubjectEntry,
)
from camscan.errors import DataFileError
from camscan.model import Edge, Verdict
from camscan.policy.rules import (
    SITE_FACTS,
    Application,
    Ask,
    Case,
    Condition,
    Effect,
    Entity,
    Golden,
    Limb,
    PolicyBook,
    PolicySet,
    Presumption,
    Reference,
    Rule,
    Subject,
)

FOLDER = "policies"


FileModel = TypeVar("FileModel", bound=Strict)


def load_policies(root: Path) -> PolicyBook:
    """Return the compiled policies under `root`, the fingerprints folder. Raises DataFileError naming file and entry."""
    folder = root / FOLDER
    if not folder.is_dir():
        raise DataFileError(f"{folder}: there is no such folder: --data must name a folder like fingerprints/")
    reading = _Reading(root)
    entities: dict[str, Entity] = {}
    for path, listed in reading.files("entities", EntityFile):
        for entity in listed.entity:
            _unique(entities, entity.slug, path, "entity")
            entities[entity.slug] = _compile_entity(entity)
    edges = [(path, _compile_edge(edge)) for path, listed in reading.files("edges", EdgeFile) for edge in listed.edge]
    rules: dict[str, Rule] = {}
    for path, rule in reading.files("rules", RuleFile):
        _unique(rules, rule.id, path, "rule")
        rules[rule.id] = _compile_rule(rule, path)
    sets: dict[str, PolicySet] = {}
    golden: list[Golden] = []
    for path, policy in reading.files("sets", SetFile):
        _unique(sets, policy.name, path, "policy")
        sets[policy.name] = _compile_set(policy, path)
        golden.extend(_compile_golden(policy, path))
    _check_edges(edges, entities)
    book = PolicyBook(
        entities=entities,
        edges=tuple(edge for _, edge in edges),
        rules=rules,
        sets=sets,
        golden=tuple(golden),
        version=reading.digest(),
    )
    _check_rules(book)
    return book


class _Reading:
    """The files as read, and a digest of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._hash = sha256()

    def files(self, name: str, form: type[FileModel]) -> Iterable[tuple[str, FileModel]]:
        """Yield each file of a subfolder of policies/ in name order, validated, with its name for messages."""
        for path in sorted((self._root / FOLDER / name).glob("*.toml")):
            content = read_toml(path, self._root)
            self._hash.update(path.name.encode() + b"\0" + read_bytes(path, self._root) + b"\0")
            yield shown(path, self._root), validated(form, content, shown(path, self._root))

    def digest(self) -> str:
        """Return twelve hex digits of the SHA-256 over every file read, names included."""
        return self._hash.hexdigest()[:12]


def validated(form: type[FileModel], content: Mapping[str, object], name: str) -> FileModel:
    """Return a file's content in its form. Raises DataFileError in one line: file, entry, what is wrong."""
    try:
        return form.model_validate(content)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = " ".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        entry = _entry(content, first["loc"])
        raise DataFileError(f"{name}: {entry}{place}: {first['msg']}: see fingerprints/policies/README.md") from fault


def _entry(content: Mapping[str, object], location: tuple[int | str, ...]) -> str:
    """Return the slug, id or name of the entry that an error is in, to find it by."""
    here: object = content
    for part in location[:2]:
        if isinstance(here, list) and isinstance(part, int):
            here = here[part]
        elif isinstance(here, dict):
            here = here.get(part)
    table = here if isinstance(here, dict) else content
    named = next((str(table[key]) for key in ("slug", "child", "id", "name") if key in table), "")
    return f"{named}: " if named else ""


def _compile_entity(entity: EntityEntry) -> Entity:
    return Entity(**{**entity.model_dump(), "may_be": tuple(entity.may_be), "sources": tuple(entity.sources)})


def _compile_edge(edge: EdgeEntry) -> Edge:
    return Edge(**{**edge.model_dump(), "sources": tuple(edge.sources)})


def _compile_rule(rule: RuleFile, path: str) -> Rule:
    return Rule(
        id=rule.id,
        title=rule.title,
        clause=rule.clause,
        jurisdiction=rule.jurisdiction,
        status=rule.status,
        version=rule.version,
        since=rule.since,
        until=rule.until,
        review_by=rule.review_by,
        limbs=tuple(_compile_limb(limb, path) for limb in rule.limb),
        effects=tuple(_compile_effect(effect, path) for effect in rule.effect),
        references=tuple(Reference(**item.model_dump()) for item in rule.reference),
        assumptions=tuple(rule.assumptions),
        spared_assumption=rule.spared_assumption,
        spared_unless=_conditions(rule.spared_unless, path),
        component_note=rule.component_note,
    )


def _compile_limb(limb: LimbEntry, path: str) -> Limb:
    return Limb(
        id=limb.id,
        clause=limb.clause,
        subject=_compile_subject(limb.subject, f"{path}: limb {limb.id}"),
        equipment=frozenset(limb.equipment),
        when=_conditions(limb.when, path),
        since=limb.since,
        until=limb.until,
        reading=limb.reading,
    )


def _compile_subject(subject: SubjectEntry, where: str) -> Subject:
    kinds = {
        "entities": subject.entities,
        "jurisdiction": subject.jurisdiction,
        "component": subject.component_of,
        "everything": ["*"] if subject.everything else [],
    }
    named = [(kind, members) for kind, members in kinds.items() if members]
    if len(named) != 1:
        raise DataFileError(f"{where}: a subject is exactly one of entities, jurisdiction, component_of, everything")
    kind, members = named[0]
    return Subject(
        kind=kind,  # type: ignore[arg-type]
        members=frozenset(members),
        affiliates=subject.affiliates or kind == "component",
        of=subject.of,
        unsettled=frozenset(subject.unsettled),
    )


def _compile_effect(effect: EffectEntry, path: str) -> Effect:
    cases = tuple(
        Case(
            when=_conditions(case.when, path),
            verdict=None if case.verdict == "none" else Verdict(case.verdict),
            force=case.force,
            installed=case.installed,
            says=case.says,
            since=case.since,
            until=case.until,
            because=tuple(case.because),
            asks=case.asks,
            note=case.note,
        )
        for case in effect.case
    )
    return Effect(id=effect.id, act=effect.act, cases=cases, asked_elsewhere=frozenset(effect.asked_elsewhere))


def _compile_set(policy: SetFile, path: str) -> PolicySet:
    asks = {}
    for ask in policy.ask:
        answers = tuple((answer.text, answer.value) for answer in ask.answer)
        for _, value in answers:
            _check_fact(ask.fact, value, path)
        asks[ask.fact] = Ask(fact=ask.fact, question=ask.question, answers=answers, explain=ask.explain)
    for item in policy.presume:
        _check_fact(item.fact, item.value, path)
    return PolicySet(
        name=policy.name,
        title=policy.title,
        applies=tuple(Application(rule=item.id, mode=item.mode, note=item.note, force=item.force) for item in policy.rule),
        asks=asks,
        presumptions=tuple(Presumption(**item.model_dump()) for item in policy.presume),
    )


def _compile_golden(policy: SetFile, path: str) -> Iterable[Golden]:
    golden = policy.golden
    for name, facts in golden.sites.items():
        for fact, value in facts.items():
            _check_fact(fact, value, path, f"site {name}")
    for case in golden.case:
        for site, expected in case.expect.items():
            if site not in golden.sites:
                raise DataFileError(f"{path}: golden case {case.name}: there is no site {site}")
            yield _compile_cell(policy, case, site, expected.split(), path)


def _compile_cell(policy: SetFile, case: GoldenCaseEntry, site: str, words: list[str], path: str) -> Golden:
    seen, known = case.seen, {"note", "assumption"}
    try:
        verdict = Verdict(words[0])
    except (ValueError, IndexError) as error:
        raise DataFileError(f"{path}: golden case {case.name}: {site} names no verdict") from error
    because = [word for word in words[1:] if word not in known]
    return Golden(
        name=f"{case.name} · {site}",
        policy=policy.name,
        brand=seen.brand,
        maker=seen.maker,
        basis=seen.basis,
        confidence=seen.confidence,
        kind=seen.kind,
        witness=seen.witness,
        components=tuple(seen.components),
        acquired=seen.acquired,
        made_on=seen.made_on,
        as_of=case.as_of or policy.golden.as_of,
        site=policy.golden.sites[site],
        verdict=verdict,
        because=because[0] if because else None,  # type: ignore[arg-type]
        note="note" in words,
        assumption="assumption" in words,
        findings=tuple(tuple(text.split(" ", 2)) for text in case.findings.get(site, [])),
    )


def _conditions(when: Mapping[str, list[str] | str], path: str) -> tuple[Condition, ...]:
    found = []
    for fact, value in sorted(when.items()):
        values = [value] if isinstance(value, str) else value
        for item in values:
            _check_fact(fact, item, path)
        found.append(Condition(fact=fact, values=frozenset(values)))
    return tuple(found)


def _check_fact(fact: str, value: str, path: str, where: str = "condition") -> None:
    if value not in SITE_FACTS.get(fact, ()):
        known = "; ".join(f"{name} = {'|'.join(values)}" for name, values in SITE_FACTS.items())
        raise DataFileError(f"{path}: {where}: {fact} = {value} is no site fact; known: {known}")


def _unique(seen: Mapping[str, object], name: str, path: str, what: str) -> None:
    if name in seen:
        raise DataFileError(f"{path}: {what} {name} exists already")


def _check_edges(edges: list[tuple[str, Edge]], entities: Mapping[str, Entity]) -> None:
    above: dict[str, set[str]] = {}
    for path, edge in edges:
        where = f"{path}: edge {edge.child} {edge.type} {edge.parent}"
        for slug in (edge.child, edge.parent):
            if slug not in entities:
                raise DataFileError(f"{where}: there is no entity {slug}")
        if edge.since and edge.until and edge.since > edge.until:
            raise DataFileError(f"{where}: it ends before it begins")
        if edge.status == "alleged" and not edge.alleged_by:
            raise DataFileError(f"{where}: an allegation names who alleges it (alleged_by)")
        above.setdefault(edge.child, set()).add(edge.parent)
    for path, edge in edges:
        if edge.child in _reachable(edge.parent, above.__getitem__, above.keys()):
            raise DataFileError(f"{path}: edge {edge.child} {edge.type} {edge.parent}: it closes a circle")


def _reachable(start: str, step: Callable[[str], set[str]], known: Iterable[str]) -> set[str]:
    names, found, waiting = set(known), {start}, [start]
    while waiting:
        here = waiting.pop()
        for after in step(here) if here in names else ():
            if after not in found:
                found.add(after)
                waiting.append(after)
    return found


def _check_rules(book: PolicyBook) -> None:
    for rule in book.rules.values():
        where = f"fingerprints/policies/rules: {rule.id}"
        if not any(item.official and item.url.startswith("https://") for item in rule.references):
            raise DataFileError(f"{where}: no official reference with an https address")
        if rule.status == "in_force" and not any(item.official and item.read_on for item in rule.references):
            raise DataFileError(f"{where}: in force needs an official reference with read_on; else its status is draft")
        if rule.until is not None and rule.until < rule.since:
            raise DataFileError(f"{where}: it ends before it begins")
        for limb in rule.limbs:
            if limb.subject.kind in ("entities", "component"):
                for slug in sorted(limb.subject.members - set(book.entities)):
                    raise DataFileError(f"{where}: limb {limb.id}: there is no entity {slug}")
        _check_asked_elsewhere(rule, where)
    for policy in book.sets.values():
        where = f"fingerprints/policies/sets/{policy.name}.toml"
        for application in policy.applies:
            if application.rule not in book.rules:
                raise DataFileError(f"{where}: there is no rule {application.rule}")
            missing = _facts(book.rules[application.rule]) - set(policy.asks)
            if missing:
                raise DataFileError(f"{where}: rule {application.rule} needs a question for {', '.join(sorted(missing))}")


def _check_asked_elsewhere(rule: Rule, where: str) -> None:
    for effect in rule.effects:
        others = {
            condition.fact
            for other in rule.effects
            for case in other.cases
            for condition in case.when
            if condition.fact not in other.asked_elsewhere
        }
        for fact in sorted(effect.asked_elsewhere - others):
            raise DataFileError(f"{where}: effect {effect.id}: no other effect asks for {fact}")


def _facts(rule: Rule) -> set[str]:
    cases = [case for effect in rule.effects for case in effect.cases]
    conditions = [*(item for limb in rule.limbs for item in limb.when), *(item for case in cases for item in case.when)]
    return {item.fact for item in conditions} | {case.asks for case in cases if case.asks}
