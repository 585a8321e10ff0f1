"""Read fingerprints/policies: entities, edges, rules and sets, checked as a whole and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from camscan.datafiles.locate import local_policy_folders, locate, read_bytes, read_toml, shown
from camscan.datafiles.policy_compile import (
    compile_asks,
    compile_badges,
    compile_clauses,
    compile_edge,
    compile_entity,
    compile_golden,
    compile_holidays,
    compile_matrix,
    compile_rule,
    compile_set,
    compile_steps,
)
from camscan.datafiles.policy_schema import (
    AskFile,
    BadgeFile,
    ClauseFile,
    EdgeFile,
    EntityFile,
    HolidayFile,
    MatrixFile,
    RuleFile,
    SetFile,
    StepFile,
    Strict,
)
from camscan.errors import DataFileError
from camscan.model import Edge
from camscan.policy.rules import SINGLE, Entity, Golden, PolicyBook, PolicySet, Rule

FOLDER = "policies"


FileModel = TypeVar("FileModel", bound=Strict)


def open_policies(explicit: Path | None = None) -> PolicyBook:
    """Return the policies of the data folder in use, and those of the operator's own beside them. Raises DataFileError."""
    return load_policies(locate(explicit), local_policy_folders(explicit))


def load_policies(root: Path, local: Sequence[Path] = ()) -> PolicyBook:
    """Return the compiled policies under `root`, the fingerprints folder, with those of local folders like it.

    A local folder may add companies, edges, rules and sets, and never replace one. Raises DataFileError naming file and entry.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        raise DataFileError(f"{folder}: there is no such folder: --data must name a folder like fingerprints/")
    reading = _Reading(root, local)
    entities: dict[str, Entity] = {}
    for path, listed in reading.files("entities", EntityFile):
        for entity in listed.entity:
            _unique(entities, entity.slug, path, "entity")
            entities[entity.slug] = compile_entity(entity)
    edges = [(path, compile_edge(edge)) for path, listed in reading.files("edges", EdgeFile) for edge in listed.edge]
    rules: dict[str, Rule] = {}
    golden: list[Golden] = []
    for path, rule in reading.files("rules", RuleFile):
        _unique(rules, rule.id, path, "rule")
        reading.paths[rule.id] = path
        rules[rule.id] = compile_rule(rule, path)
        golden.extend(compile_golden(rule.golden, SINGLE + rule.id, path))
    sets: dict[str, PolicySet] = {}
    for path, policy in reading.files("sets", SetFile):
        _unique(sets, policy.name, path, "policy")
        reading.paths[policy.name] = path
        sets[policy.name] = compile_set(policy, path)
        golden.extend(compile_golden(policy.golden, policy.name, path))
    _check_edges(edges, entities)
    asked_in, asks = reading.one("asks", AskFile)
    badges_in, badges = reading.one("badges", BadgeFile)
    _, clauses = reading.one("clauses", ClauseFile)
    _, steps = reading.one("actions", StepFile)
    holidays_in, holidays = reading.one("holidays", HolidayFile)
    matrix_in, matrix = reading.one("golden", MatrixFile)
    golden.extend(compile_matrix(matrix, matrix_in) if matrix else ())
    book = PolicyBook(
        entities=entities,
        edges=tuple(edge for _, edge in edges),
        rules=rules,
        sets=sets,
        golden=tuple(golden),
        asks=compile_asks(asks.ask, asked_in) if asks else {},
        badges=compile_badges(badges) if badges else (),
        clauses=compile_clauses(clauses) if clauses else (),
        advice=compile_steps(steps) if steps else (),
        holidays=compile_holidays(holidays, holidays_in) if holidays else (),
        version=reading.digest(),
    )
    for badge in book.badges:
        if badge.entity not in entities:
            raise DataFileError(f"{badges_in}: list {badge.list}: there is no entity {badge.entity}")
    for case in golden:
        if book.policy(case.policy) is None:
            raise DataFileError(f"{matrix_in}: golden case {case.name}: there is no policy {case.policy}")
    _check_rules(book, reading.paths)
    return book


class _Reading:
    """The files as read, and a digest of them."""

    def __init__(self, root: Path, local: Sequence[Path]) -> None:
        self._root = root
        self._folders = (root, *local)
        self._hash = sha256()
        self.paths: dict[str, str] = {}
        """The file of each rule and set, for messages."""

    def files(self, name: str, form: type[FileModel]) -> Iterable[tuple[str, FileModel]]:
        """Yield each file of a subfolder of policies/ in name order, shipped ones first, validated, with its name for messages."""
        for folder in self._folders:
            for path in sorted((folder / FOLDER / name).glob("*.toml")):
                yield shown(path, self._root), self._read(path, form)

    def one(self, name: str, form: type[FileModel]) -> tuple[str, FileModel | None]:
        """Return a file of policies/ itself, validated, with its name for messages; None where it is not there."""
        path = self._root / FOLDER / f"{name}.toml"
        return shown(path, self._root), self._read(path, form) if path.is_file() else None

    def _read(self, path: Path, form: type[FileModel]) -> FileModel:
        content = read_toml(path, self._root)
        self._hash.update(path.name.encode() + b"\0" + read_bytes(path, self._root) + b"\0")
        return validated(form, content, shown(path, self._root))

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


def _check_rules(book: PolicyBook, paths: Mapping[str, str]) -> None:
    """Check what the files say of one another. paths: the file of each rule and set."""
    for rule in book.rules.values():
        where = f"{paths[rule.id]}: {rule.id}"
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
    for policy in (*book.sets.values(), *book.singles.values()):
        where = f"{paths[policy.name.removeprefix(SINGLE)]}: {policy.name}"
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
