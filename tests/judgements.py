"""By what tests weigh evidence: the shipped knowledge and policies, and a site of which little is stated."""

from __future__ import annotations

from typing import Any

from camscan.assessment import Judging
from camscan.datafiles.open import open_knowledge
from camscan.datafiles.policies import open_policies
from camscan.model import SiteContext
from tests.factories import NOON


def judging(**changes: Any) -> Judging:
    """Return a basis of judgement by no policy."""
    values: dict[str, Any] = {
        "policies": (),
        "site": SiteContext(name="lab"),
        "as_of": NOON.date(),
        "command": "replay",
    }
    return Judging(knowledge=open_knowledge(None), book=open_policies(None), **(values | changes))
