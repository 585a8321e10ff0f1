"""From the files of fingerprints/policies as validated to the types that the engine works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from camscan.datafiles.policy_schema import (
    AskEntry,
    BadgeFile,
    ClauseFile,
    ColumnEntry,
    EdgeEntry,
    EffectEntry,
    EntityEntry,
    GoldenCaseEntry,
    GoldenEntry,
    HolidayFile,
    LimbEntry,
    MatrixFile,
    RuleFile,
    SetFile,
    StepFile,
    SubjectEntry,
)
from camscan.errors import DataFileError
from camscan.model import Badge, Edge, Step, Verdict
from camscan.policy.rules import (
    SITE_FACTS,
    Advice,
    Application,
    Ask,
    Case,
    Clause,
    Closing,
    Condition,
    Deadline,
    Effect,
    Entity,
    Golden,
    Holidays,
    Limb,
    PolicySet,
    Presumption,
    Reference,
    Rule,
    Subject,
)


def compile_entity(entity: EntityEntry) -> Entity:
    """Return a company, brand or family."""
    return Entity(**{**entity.model_dump(), "may_be": tuple(entity.may_be), "sources": tuple(entity.sources)})


def compile_edge(edge: EdgeEntry) -> Edge:
    """Return a statement about two of them."""
    return Edge(**{**edge.model_dump(), "sources": tuple(edge.sources)})


def compile_rule(rule: RuleFile, path: str) -> Rule:
    """Return a norm. Raises DataFileError naming file and limb."""
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
        partial=rule.partial,
        limbs=tuple(_compile_limb(limb, path) for limb in rule.limb),
        effects=tuple(_compile_effect(effect, path) for effect in rule.effect),
        references=tuple(Reference(**item.model_dump()) for item in rule.reference),
        assumptions=tuple(rule.assumptions),
        spared_assumption=rule.spared_assumption,
        spared_unless=_conditions(rule.spared_unless, path),
        component_note=rule.component_note,
        closings=tuple(Closing(when=_conditions(item.when, path), says=item.says, since=item.since) for item in rule.closing),
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


def compile_asks(asks: Iterable[AskEntry], path: str) -> dict[str, Ask]:
    """Return questions by the fact they ask for. Raises DataFileError for a value that no fact has."""
    found = {}
    for ask in asks:
        answers = tuple((answer.text, answer.value) for answer in ask.answer)
        for _, value in answers:
            _check_fact(ask.fact, value, path)
        found[ask.fact] = Ask(fact=ask.fact, question=ask.question, answers=answers, explain=ask.explain)
    return found


def compile_set(policy: SetFile, path: str) -> PolicySet:
    """Return a policy. Raises DataFileError for a site fact that does not exist."""
    for item in policy.presume:
        _check_fact(item.fact, item.value, path)
    return PolicySet(
        name=policy.name,
        title=policy.title,
        applies=tuple(Application(rule=item.id, mode=item.mode, note=item.note, force=item.force) for item in policy.rule),
        asks=compile_asks(policy.ask, path),
        presumptions=tuple(Presumption(**item.model_dump()) for item in policy.presume),
    )


def compile_golden(golden: GoldenEntry | None, policy: str, path: str) -> Iterable[Golden]:
    """Yield a case for each row of evidence and each site of it, for the policy of that name. Raises DataFileError."""
    if golden is None:
        return
    for name, facts in golden.sites.items():
        for fact, value in facts.items():
            _check_fact(fact, value, path, f"site {name}")
    for case in golden.case:
        for site, expected in case.expect.items():
            if site not in golden.sites:
                raise DataFileError(f"{path}: golden case {case.name}: there is no site {site}")
            yield _compile_cell(policy, golden, case, site, expected.split(), path)


def compile_matrix(matrix: MatrixFile, path: str) -> Iterable[Golden]:
    """Yield a case for each cell. Raises DataFileError naming a column that does not exist."""
    for name, column in matrix.column.items():
        for fact, value in column.site.items():
            _check_fact(fact, value, path, f"column {name}")
    for case in matrix.case:
        for name, expected in case.expect.items():
            if name not in matrix.column:
                raise DataFileError(f"{path}: golden case {case.name}: there is no column {name}")
            column = matrix.column[name]
            sites = GoldenEntry(as_of=matrix.as_of, sites={name: column.site}, case=[case])
            cell = _compile_cell(column.policy, sites, case, name, expected.split(), path)
            yield replace(cell, findings=cell.findings + _words_of_column(column, cell))


def _words_of_column(column: ColumnEntry, cell: Golden) -> tuple[tuple[str, ...], ...]:
    """Return the finding that a column's words promise for a cell's verdict."""
    told = column.tells if cell.note else ""
    words = column.finds if cell.verdict in (Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW) else told
    if not words:
        return ()
    act, _, rest = words.partition(" ")
    return ((act, str(cell.verdict), rest),)


def compile_badges(listed: BadgeFile) -> tuple[Badge, ...]:
    """Return every company's place on every list, by list and company."""
    badges = (
        Badge(
            list=one.id,
            title=one.title,
            says=one.says,
            entity=entry.entity,
            since=entry.since,
            until=entry.until,
            cite=f"{one.cite} <{one.url}>" if one.url else one.cite,
        )
        for one in listed.badge
        for entry in one.entry
    )
    return tuple(sorted(badges, key=lambda badge: (badge.list, badge.entity, badge.since)))


def compile_clauses(listed: ClauseFile) -> tuple[Clause, ...]:
    """Return the clauses in the order of the file."""
    return tuple(
        Clause(
            id=one.id,
            title=one.title,
            since=one.since,
            until=one.until,
            status=one.status,
            cite=one.cite,
            url=one.url,
            reports=tuple(Deadline(**report.model_dump()) for report in one.report),
        )
        for one in listed.clause
    )


def compile_steps(listed: StepFile) -> tuple[Advice, ...]:
    """Return the steps of action plans in the order of the file."""
    return tuple(
        Advice(
            step=Step(name=one.step, text=one.text),
            acts=frozenset(one.acts),
            installed=frozenset(one.installed),
            verdicts=frozenset(Verdict(name) for name in one.verdicts),
        )
        for one in listed.step
    )


def compile_holidays(listed: HolidayFile, path: str) -> tuple[Holidays, ...]:
    """Return the holidays as observed. Raises DataFileError for a year without any."""
    found = []
    for one in listed.calendar:
        years = {holiday.day.year for holiday in one.holiday}
        missing = sorted(set(range(one.first, one.last + 1)) ^ years)
        if missing:
            raise DataFileError(f"{path}: {one.id}: holidays and years do not agree: {', '.join(map(str, missing))}")
        found.append(
            Holidays(
                id=one.id,
                cite=f"{one.cite} <{one.url}>" if one.url else one.cite,
                first=date(one.first, 1, 1),
                last=date(one.last, 12, 31),
                days=frozenset(holiday.observed or holiday.day for holiday in one.holiday),
            )
        )
    return tuple(found)


def _compile_cell(policy: str, golden: GoldenEntry, case: GoldenCaseEntry, site: str, words: list[str], path: str) -> Golden:
    seen, known = case.seen, {"note", "assumption", "isolation"}
    try:
        verdict = Verdict(words[0])
    except (ValueError, IndexError) as error:
        raise DataFileError(f"{path}: golden case {case.name}: {site} names no verdict") from error
    because = [word for word in words[1:] if word not in known]
    return Golden(
        name=f"{case.name} · {site}",
        policy=policy,
        brand=seen.brand,
        maker=seen.maker,
        basis=seen.basis,
        confidence=seen.confidence,
        kind=seen.kind,
        witness=seen.witness,
        components=tuple(seen.components),
        acquired=seen.acquired,
        made_on=seen.made_on,
        calls=seen.calls,
        as_of=case.as_of or golden.as_of,
        site=golden.sites[site],
        verdict=verdict,
        because=because[0] if because else None,  # type: ignore[arg-type]
        note="note" in words,
        assumption="assumption" in words,
        isolation="isolation" in words,
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
