"""`camscan data`: every data file against its own examples; where a word stands in them; how old they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camscan.cli import options, show
from camscan.cli.clock import today
from camscan.cli.configuration import configuration
from camscan.cli.exits import ExitCode
from camscan.errors import UsageError
from camscan.report.escape import visible

if TYPE_CHECKING:
    from camscan.identify.rules import Knowledge
    from camscan.policy.rules import PolicyBook

MOST_FOUND = 200
"""Entries that `search` lists."""


def check(
    data: options.DataFolder = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")] = False,
) -> None:
    """Test fingerprints, registry and policies against their own examples; ends with 8 where one fails."""
    from camscan.datafiles.check import check_data
    from camscan.datafiles.locate import local_files, locate
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import open_policies

    root = locate(data)
    found, covered = check_data(root, local_files(data))
    knowledge = open_knowledge(data)
    book = open_policies(data)
    if not quiet:
        width = max((len(one.vendor) for one in covered), default=0)
        show.result(f"{'vendor':{width}}  entries  examples  registrants  models  protocols\n")
        for one in covered:
            counts = f"{one.fingerprints:7}  {one.examples:8}  {one.registrants:11}  {one.models:6}"
            show.result(f"{one.vendor:{width}}  {counts}  {' '.join(one.protocols)}\n")
        entries, examples = sum(one.fingerprints for one in covered), sum(one.examples for one in covered)
        show.result(
            f"{len(covered)} vendor files, {entries} fingerprints, {examples} examples; {len(book.entities)} entities, "
        )
        show.result(f"{len(book.edges)} edges, {len(book.rules)} rules, {len(book.sets)} policies\n")
        show.result(f"data {knowledge.version}; {knowledge.oui.source()}\n")
    problems = [*map(str, found), *of_both(knowledge, book)]
    for problem in problems:
        show.result(visible(problem) + "\n")
    if problems:
        show.closing(f"{len(problems)} problems in {root}")
        raise typer.Exit(ExitCode.DATA_FILES)


def of_both(knowledge: Knowledge, book: PolicyBook) -> list[str]:
    """Return what is wrong with policies, and between them and the fingerprints."""
    from camscan.identify.rules import STANDARDS
    from camscan.policy.golden import failures

    cameras = {slug: vendor.file for slug, vendor in knowledge.vendors.items() if not vendor.non_camera}
    nobody = [
        f"fingerprints/vendors/{file}.toml: there is no entity {slug}: add it under fingerprints/policies/entities"
        for slug, file in sorted(cameras.items())
        if slug not in book.entities and file != STANDARDS
    ]
    return [*nobody, *failures(book)]


def problems_of(root: Path) -> list[str]:
    """Return what is wrong with a data folder that stands alone, a sentence each. Raises DataFileError where it cannot be read."""
    from camscan.datafiles.check import check_data
    from camscan.datafiles.knowledge import load_knowledge
    from camscan.datafiles.policies import load_policies

    found, _ = check_data(root)
    return [*map(str, found), *of_both(load_knowledge(root), load_policies(root))]


def search(
    word: Annotated[
        str, typer.Argument(metavar="WORD", help="Part of a name, id, pattern, example or MAC prefix, in any case.")
    ],
    data: options.DataFolder = None,
) -> None:
    """Show where a word stands: vendors, brands, registrants, fingerprints, companies, relations, rules and policies."""
    from camscan.datafiles.locate import locate
    from camscan.datafiles.search import search as search_files

    if not word.strip():
        raise UsageError("give a word to search for, e.g. camscan data search hilook")
    root = locate(data)
    found = search_files(root, word.strip())
    for one in found[:MOST_FOUND]:
        show.result(visible(f"{one.file}: {one.kind} {one.id}: {one.place} = {one.text}") + "\n")
    more = len(found) - MOST_FOUND
    show.closing(
        f"{len(found)} entries hold {word} in {root}" + (f"; {more} are not listed: give a longer word" if more > 0 else "")
    )


def status(data: options.DataFolder = None) -> None:
    """Show where the data is, how old it is, and which rules should be read again."""
    from camscan.cli.dataorigin import origin_of, passed_over, signature_of
    from camscan.cli.keys import trusted_by
    from camscan.datafiles.age import old, registry_read_on, rule_ages
    from camscan.datafiles.locate import locate, named_folder, released
    from camscan.datafiles.open import open_knowledge
    from camscan.datafiles.policies import open_policies

    as_of = today()
    settings = configuration()
    named = data or settings.data
    root = locate(named)
    knowledge, book = open_knowledge(named), open_policies(named)
    read_on = registry_read_on(knowledge.oui)
    at = released(root)
    lines = [
        f"folder        {root}",
        f"from          {origin_of(root)}",
        *(f"not in use    {line}" for line in passed_over(root, at, named=named_folder(named) is not None)),
        f"version       {knowledge.version}",
        f"released      {'not stated' if at is None else aged(at.date(), as_of).removeprefix('read ')}",
        f"signature     {signature_of(root, trusted_by(settings, ()))}",
        f"OUI registry  {len(knowledge.oui)} assignments, {'day of reading not stated' if read_on is None else aged(read_on, as_of)}",
        f"fingerprints  {len(knowledge.fingerprints)} in {len({one.vendor for one in knowledge.fingerprints})} files",
        f"policies      {', '.join(sorted(book.sets))}",
    ]
    for age in rule_ages(book, as_of):
        read = "its text was not read" if age.read_on is None else f"text {aged(age.read_on, as_of)}"
        due = f"OVERDUE since {age.review_by}" if age.days_overdue > 0 else f"to be read again by {age.review_by}"
        lines.append(f"rule          {age.rule}: {age.status.replace('_', ' ')}, {read}, {due}")
    show.result("".join(f"{visible(line)}\n" for line in lines))
    for warning in old(knowledge.oui, at, as_of):
        show.note(f"warning: {warning}")


def aged(day: date, as_of: date) -> str:
    """Return a day of reading and how long ago it was."""
    days = (as_of - day).days
    return f"read on {day} ({days} {'day' if days == 1 else 'days'} ago)"
