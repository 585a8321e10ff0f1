"""`camscan data check`: every data file against its own examples."""

from __future__ import annotations

from typing import Annotated

import typer

from camscan.cli import options, show
from camscan.cli.exits import ExitCode
from camscan.report.escape import visible


def check(
    data: options.DataFolder = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")] = False,
) -> None:
    """Test fingerprints, registry and policies against their own examples; ends with 8 where one fails."""
    from camscan.datafiles.check import check_data
    from camscan.datafiles.knowledge import load_knowledge
    from camscan.datafiles.locate import locate
    from camscan.datafiles.policies import load_policies
    from camscan.policy.golden import failures

    root = locate(data)
    found, covered = check_data(root)
    knowledge = load_knowledge(root)
    book = load_policies(root)
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
    problems = [*map(str, found), *failures(book)]
    for problem in problems:
        show.result(visible(problem) + "\n")
    if problems:
        show.closing(f"{len(problems)} problems in {root}")
        raise typer.Exit(ExitCode.DATA_FILES)
