"""One report as each kind of destination gets it; rendered once, and only where somebody gets it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property

from camscan.delivery.base import digest
from camscan.delivery.mail import MOST_ATTACHED, Attachment, compose
from camscan.delivery.webhook import MOST_BYTES
from camscan.model import Report
from camscan.report import json as json_report
from camscan.report import letter
from camscan.report.deliver import Output
from camscan.report.json import counts_document, run_document
from camscan.report.message import Message
from camscan.report.registry import FORMATS
from camscan.report.statement import NOT_LEGAL_ADVICE
from camscan.report.syslog import failure, messages

ATTACHED = {"json": "application/json", "html": "text/html"}
"""Formats that go along with a mail, those of most use first."""
NOTICE_SCHEMA = "camscan-notice/1"


class Parcel:
    """A report on its way. written: the files that hold it; at: when it is sent; host: this machine, None where that is told to nobody.

    told: what a mail says in place of the answer. run_alone: syslog hears of the run, and not again of each device.
    """

    def __init__(
        self,
        report: Report,
        written: Sequence[Output],
        at: datetime,
        host: str | None,
        *,
        told: Message | None = None,
        run_alone: bool = False,
    ) -> None:
        self._report, self._written, self._at, self._host = report, written, at, host
        self._told, self._run_alone = told, run_alone

    def mail(self, sender: str, recipient: str) -> EmailMessage:
        """Return the mail for one recipient."""
        attachments, notes = self._along
        told = self._told
        return compose(
            letter.subject(self._report) if told is None else told.subject,
            letter.text(self._report, notes, None if told is None else told.lines),
            sender=sender,
            recipient=recipient,
            at=self._at,
            run=self._report.run.id,
            kind="report" if told is None else "change",
            chain=self._report.run.chain_head or None,
            attachments=attachments,
        )

    @cached_property
    def event(self) -> bytes:
        """The JSON report for a webhook, in UTF-8; where that is too large, what it was and where it stands."""
        if len(self._json) <= MOST_BYTES:
            return self._json
        notice = {
            "schema": NOTICE_SCHEMA,
            "marking": self._report.run.marking,
            "run": run_document(self._report.run),
            "complete": self._report.complete,
            "incomplete_because": list(self._report.incomplete_because),
            "counts": counts_document(self._report),
            "left_out": self._too_large("json", len(self._json), MOST_BYTES),
            "notice": NOT_LEGAL_ADVICE,
            "marking_at_foot": self._report.run.marking,
        }
        return json.dumps(notice).encode()

    def delivery(self, url: str) -> str:
        """Return what names the delivery of this very report to one place, the same whenever it is tried."""
        return digest(self._report.run.id, url, self.event)

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """The messages for a syslog server."""
        return messages(self._report, hostname=self._host, run_alone=self._run_alone)

    @cached_property
    def _json(self) -> bytes:
        return json_report.render(self._report).encode()

    @cached_property
    def _along(self) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
        """What goes along with a mail, and what the mail says of it."""
        attachments: list[Attachment] = []
        notes, left = [], MOST_ATTACHED
        for form, kind in ATTACHED.items():
            content = self._json if form == "json" else FORMATS[form].render(self._report).encode("utf-8", "backslashreplace")
            one = Attachment(name=f"report{FORMATS[form].SUFFIX}", content=content, type=kind)
            if one.size <= left:
                attachments.append(one)
                left -= one.size
            else:
                notes.append(f"Not attached: {self._too_large(form, one.size, MOST_ATTACHED)}")
        names = ", ".join(one.name for one in attachments)
        return tuple(attachments), (*([f"Attached: {names}"] if names else []), *notes)

    def _too_large(self, form: str, size: int, most: int) -> str:
        """Say of a report that stays behind how large it is and where it stands."""
        places = [str(one.path.absolute()) for one in self._written if one.format == form]
        if not places:
            where = f"no file of it was written (-o {form}:FILE)"
        elif self._host is None:
            where = "it stands in the file that the run wrote"
        else:
            where = f"it stands in {', '.join(places)} on {self._host}"
        return f"the {form} report, {size:,} bytes where {most:,} may go along; {where}"


class Failure:
    """Word of a run that came to nothing. words: why; host: as of a Parcel; chain_head: as of Run."""

    def __init__(
        self, words: str, site: str, marking: str | None, at: datetime, host: str | None, *, chain_head: str = ""
    ) -> None:
        self._words, self._site, self._marking, self._at, self._host = words, site, marking, at, host
        self._chain_head = chain_head

    @property
    def _name(self) -> str:
        return f"{self._at:%Y%m%dT%H%M%SZ}-{self._site}"

    def mail(self, sender: str, recipient: str) -> EmailMessage:
        """Return the mail for one recipient."""
        return compose(
            letter.failed_subject(self._words, self._site, self._marking),
            letter.failed_text(self._words, self._site, self._marking, self._at, self._host),
            sender=sender,
            recipient=recipient,
            at=self._at,
            run=self._name,
            kind="failure",
            chain=self._chain_head or None,
        )

    @property
    def event(self) -> bytes:
        """What a webhook gets."""
        notice = {
            "schema": NOTICE_SCHEMA,
            "marking": self._marking,
            "site": self._site,
            "at": self._at.isoformat(),
            "complete": False,
            "failed": self._words,
            **({"chain_head": self._chain_head} if self._chain_head else {}),
            "notice": NOT_LEGAL_ADVICE,
            "marking_at_foot": self._marking,
        }
        return json.dumps(notice).encode()

    def delivery(self, url: str) -> str:
        """Return what names the delivery to one place, the same whenever it is tried."""
        return digest(self._name, "failure", url, self.event)

    @property
    def messages(self) -> tuple[str, ...]:
        """The message for a syslog server."""
        told = failure(
            self._words,
            site=self._site,
            at=self._at,
            marking=self._marking,
            hostname=self._host,
            chain_head=self._chain_head,
        )
        return (told,)
