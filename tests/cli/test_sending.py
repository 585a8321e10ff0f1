"""`--mail`, `--webhook` and `--syslog`: what arrives after a run, and what is said where it does not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from camscan.cli import sending
from camscan.cli.app import app
from camscan.cli.parcel import Parcel
from camscan.collect.privileges import effective_capabilities
from camscan.errors import UsageError
from camscan.model import SiteContext
from camscan.report.deliver import Output
from camscan.report.observations import dump
from tests import factories
from tests.delivery import servers
from tests.delivery.conftest import Certificates, certificates  # noqa: F401  (a fixture)
from tests.delivery.servers import HERE, Mailbox, Sink
from tests.report import canned, making

TO = "audit@example.org"
SADP = (("sadp.model", "DS-2CD2385G1-I"), ("sadp.serial", "DS-2CD2385G1-I20230514AAWR000000000"), ("sadp.type", "IPCamera"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hikvision camera at a sensitive site of a UK department."""
    run = making.run(site=SiteContext(name="hq", class_="sensitive"))
    file = tmp_path_factory.mktemp("kept") / "run.obs.jsonl"
    seen = factories.observation(SADP, ip="10.20.0.11", port=37020, link_mac="bc:ad:28:00:00:01", site="hq")
    file.write_text("".join(dump(run, making.scope(), [making.attempt()], [seen], [making.LINK])), encoding="utf-8")
    return file


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the table [delivery] of the user's configuration, without waits between tries."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(sending, "WAITS_S", (0.0,))

    def write(**values: object) -> None:
        folder = tmp_path / "config" / "camscan"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{key} = {json.dumps(str(value) if isinstance(value, Path) else value)}" for key, value in values.items()]
        (folder / "config.toml").write_text("\n".join(["[delivery]", *lines, ""]))

    return write


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def sendmail(folder: Path, body: str) -> Path:
    path = folder / "sendmail"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def reported(kept: Path, *flags: str) -> Result:
    arguments = ["report", str(kept), "--site", "class=sensitive", "--quiet", *flags]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def stored(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[return-value]


def test_a_mail_tells_the_answer_and_brings_the_report_along(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    done = reported(kept, "--mail", TO, "--marking", "OFFICIAL", "-o", "site.json")
    assert (done.exit_code, done.stderr.splitlines()[-1].partition(":")[0]) == (0, "COMPLETE")
    mail = stored(tmp_path / "mail")
    assert mail["Subject"] == "OFFICIAL [camscan] hq: 1 prohibited, 0 review, coverage 1/1"
    assert mail["To"] == TO
    assert mail["Auto-Submitted"] == "auto-generated"
    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert attached["report.json"].decode() == (tmp_path / "site.json").read_text()
    assert "report.html" in attached
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "- prohibited: 10.20.0.11, Hikvision, DS-2CD2385G1-I\n" in text
    assert "Attached: report.json, report.html\n" in text


def test_a_report_goes_to_every_kind_of_server(kept: Path, tmp_path: Path, set_up, certificates: Certificates) -> None:  # noqa: F811
    mailbox, sink = Mailbox(), Sink()
    key = private(tmp_path / "key", "0123456789abcdef0123456789abcdef\n")
    with (
        servers.mail_server(mailbox, certificates.server, authenticator=mailbox.knows, auth_required=True) as smtp,
        servers.web_server([200], certificates.server) as (web, posts),
        servers.listening(sink, certificates.server) as logs,
    ):
        set_up(
            smtp=f"{HERE}:{smtp}",
            smtp_ca=certificates.ca,
            smtp_user="camscan",
            smtp_password_file=private(tmp_path / "password", "a long password\n"),
            mail_from="camscan@scanner.example.org",
            webhook_key=key,
            webhook_ca=certificates.ca,
            syslog_ca=certificates.ca,
        )
        flags = (
            "--mail",
            TO,
            "--mail",
            "soc@example.org",
            "--webhook",
            f"https://{HERE}:{web}/x",
            "--syslog",
            f"{HERE}:{logs}",
        )
        done = reported(kept, *flags, "-o", "site.json", "--format", "syslog")
        assert sink.done.wait(10)
    assert done.exit_code == 0
    assert [envelope.rcpt_tos for envelope in mailbox.taken] == [[TO], ["soc@example.org"]]
    assert posts[0].body.decode() == (tmp_path / "site.json").read_text()
    bare = [line.split(" ", 3)[3] for line in done.stdout.splitlines()]
    assert [message.split(" ", 3)[3] for message in sink.messages] == bare


def test_each_failure_is_one_line_the_others_arrive_and_the_code_is_10(kept: Path, tmp_path: Path, set_up) -> None:
    sink = Sink()
    set_up(
        sendmail=sendmail(tmp_path, f'[ "$3" = {TO} ] || {{ echo no such user >&2; exit 67; }}; cat >{tmp_path}/mail'),
        webhook_key=private(tmp_path / "key", "k" * 32),
    )
    with servers.web_server([500, 500, 500]) as (web, posts), servers.listening(sink) as logs:
        flags = ("--mail", "gone@example.org", "--mail", TO, "--webhook", f"http://{HERE}:{web}/s3cret")
        done = reported(
            kept, *flags, "--syslog", f"tcp://{HERE}:{logs}", "--syslog", f"tcp://{HERE}:1", "-o", "a.json", "-o", "b.txt"
        )
        assert sink.done.wait(10)
    assert done.exit_code == 10
    kept_in = "the report is kept in a.json, b.txt"
    assert done.stderr.splitlines() == [
        f"camscan: not delivered: mail to gone@example.org by {tmp_path}/sendmail: "
        f"ended with 67 (no such recipient): no such user; {kept_in}",
        f"camscan: not delivered: webhook http://{HERE}:{web}/…: answered 500 Internal Server Error (tried 3 times); {kept_in}",
        f"camscan: not delivered: syslog {HERE}:1 (plain TCP): Connection refused (tried 3 times); {kept_in}",
        f"UNDELIVERED: mail to gone@example.org by {tmp_path}/sendmail: ended with 67 (no such recipient): no such user; "
        f"webhook http://{HERE}:{web}/…: answered 500 Internal Server Error (tried 3 times); "
        f"syslog {HERE}:1 (plain TCP): Connection refused (tried 3 times); 1 prohibited (--fail-on none)",
    ]
    assert stored(tmp_path / "mail")["To"] == TO
    assert (len(posts), len(sink.messages) > 2) == (3, True)
    assert json.loads((tmp_path / "a.json").read_text())["assets"]


def test_where_no_file_holds_the_report_the_line_says_what_does(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, "exit 1"))
    done = reported(kept, "--mail", TO)
    assert done.exit_code == 10
    assert f"ended with 1; {kept} is still there: the same command makes the report again\n" in done.stderr
    assert "Answer: " in done.stdout
    packed = reported(kept, "--mail", TO, "--package", "run.zip")
    assert "ended with 1; the report is kept in run.zip\n" in packed.stderr


@pytest.mark.parametrize(
    ("written", "kept_as", "source", "said"),
    [
        ([], None, None, "no file holds the report: -o FILE keeps one"),
        ([], None, "a.pcap", "a.pcap is still there: the same command makes the report again"),
        ([], "r1", None, "the run is kept as r1: camscan report r1 makes the report again"),
        ([Output("json", Path("a.json"))], None, "r1", "the report is kept in a.json"),
        (
            [Output("json", Path("a.json"))],
            "r1",
            None,
            "the report is kept in a.json; the run is kept as r1: camscan report r1 makes the report again",
        ),
    ],
)
def test_a_failure_names_whatever_holds_the_report(
    written: list[Output], kept_as: str | None, source: str | None, said: str
) -> None:
    assert sending.where_held(written, kept_as, source) == said


def test_what_a_server_says_is_escaped_before_it_reaches_the_terminal(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, r"printf '\033[2Jno\n' >&2; exit 1"))
    done = reported(kept, "--mail", TO)
    assert r"\x1b[2Jno" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("command", ["report", "judge", "replay"])
def test_every_command_that_reports_can_send(kept: Path, tmp_path: Path, set_up, command: str) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    arguments = [command, str(kept), "--policy", "uk-department", "--site", "name=hq", "--mail", TO, "--quiet"]
    CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert stored(tmp_path / "mail")["Subject"].startswith("[camscan] hq: ")


def test_a_comparison_is_not_sent(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    with pytest.raises(UsageError, match="--against: a comparison goes to standard output"):
        CliRunner().invoke(
            app, ["judge", str(kept), "--policy", "uk-department", "--against", "run", "--mail", TO], catch_exceptions=False
        )
    assert not (tmp_path / "mail").exists()


def test_what_is_sent_of_a_redacted_report_is_redacted_and_names_no_machine(kept: Path, tmp_path: Path, set_up) -> None:
    sink = Sink()
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    with servers.listening(sink) as logs:
        assert reported(kept, "--redact", "--mail", TO, "--syslog", f"tcp://{HERE}:{logs}").exit_code == 0
        assert sink.done.wait(10)
    mail = stored(tmp_path / "mail")
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    sent = (
        "".join(part if isinstance(part, str) else part.decode() for part in parts) + mail["Subject"] + "".join(sink.messages)
    )
    for secret in ("10.20.0.11", "bc:ad:28:00:00:01", "AAWR000000000", "hq"):
        assert secret not in sent.replace("\n", "")
    assert all(message.split(" ")[2] == "-" for message in sink.messages)


def test_a_redacted_mail_names_this_machine_in_no_header(
    kept: Path, tmp_path: Path, set_up, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "scanner7.corp.example.org")
    set_up(sendmail=sendmail(tmp_path, f'echo "$@" >{tmp_path}/called; cat >{tmp_path}/mail'))
    assert reported(kept, "--redact", "--mail", TO).exit_code == 0
    assert "scanner7" not in (tmp_path / "mail").read_text() + (tmp_path / "called").read_text()
    assert stored(tmp_path / "mail")["From"] == "camscan@localhost.invalid"
    assert reported(kept, "--mail", TO).exit_code == 0
    assert stored(tmp_path / "mail")["From"] == "camscan@scanner7.corp.example.org"
    mailbox = Mailbox()
    with servers.mail_server(mailbox) as port:
        set_up(smtp=f"{HERE}:{port}", smtp_tls="none", mail_from="audit-sender@example.org")
        assert reported(kept, "--redact", "--mail", TO).exit_code == 0
    assert mailbox.names == ["[127.0.0.1]"]
    assert mailbox.taken[0].content is not None
    assert b"scanner7" not in mailbox.taken[0].content  # type: ignore[operator]


def within(tmp_path: Path, before: str, *flags: str, stdout: str = "out") -> tuple[int, list[str]]:
    """Run camscan in tmp_path after a script of root, in a mount namespace of its own; return the code and the lines on standard error.

    What then stands in the folder `small` is listed in `listing`, and its a.json kept as `was`.
    """
    if os.geteuid() != 0:
        pytest.skip("needs root: a small file system is mounted")
    script = f'cd "$1"; shift; mkdir small; {before}; "$@" >{stdout} 2>err; code=$?; ls -A small >listing; cp small/a.json was; exit $code'
    program = [sys.executable, "-m", "camscan", *flags]
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(tmp_path), *program],
        stderr=subprocess.DEVNULL,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    return done.returncode, (tmp_path / "err").read_text().splitlines()


ROOT = Path(__file__).parents[2]
ARGUMENTS = ("--site", "class=sensitive", "--quiet")
SMALL = "mount -t tmpfs -o size=8k,mode=700 tmpfs small; echo yesterday >small/a.json"


def test_a_full_disk_leaves_yesterdays_file_and_keeps_the_report_from_nobody(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    outputs = ("-o", "small/a.json", "-o", "b.json")
    code, said = within(tmp_path, SMALL, "report", str(kept), *ARGUMENTS, *outputs, "--mail", TO)
    assert code == 10
    assert said == [
        "camscan: small/a.json: No space left on device; written: b.json",
        "UNDELIVERED: small/a.json: No space left on device; written: b.json; 1 prohibited (--fail-on none)",
    ]
    assert (tmp_path / "listing").read_text() == "a.json\n"
    assert (tmp_path / "was").read_text() == "yesterday\n"
    assert json.loads((tmp_path / "b.json").read_text())["assets"]
    assert stored(tmp_path / "mail")["To"] == TO


def test_a_read_only_folder_ends_with_2_before_anything_is_sent(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    fixed = "mount -t tmpfs -o size=64k tmpfs small; mount -o remount,ro small"
    code, said = within(tmp_path, fixed, "report", str(kept), *ARGUMENTS, "-o", "small/a.json", "--mail", TO)
    assert code == 2
    assert said == ["camscan: -o small/a.json: cannot be written: Read-only file system: choose a folder that you may write to"]
    assert (tmp_path / "listing").read_text() == ""
    assert not (tmp_path / "mail").exists()


def test_a_full_disk_behind_standard_output_keeps_the_report_from_nobody(kept: Path, tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    code, said = within(tmp_path, ":", "report", str(kept), *ARGUMENTS, "-o", "a.json", "--mail", TO, stdout="/dev/full")
    assert (code, len(said)) == (10, 1)
    assert said[0].startswith("camscan: standard output: No space left on device")
    assert stored(tmp_path / "mail")["To"] == TO
    assert json.loads((tmp_path / "a.json").read_text())["assets"]


def test_a_device_is_no_output_file(kept: Path) -> None:
    with pytest.raises(UsageError, match="-o /dev/full: is not a regular file"):
        reported(kept, "-o", "json:/dev/full")


def test_a_dry_run_names_the_destinations_and_sends_them_nothing(tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail"))
    flags = ["scan", "127.0.0.0/30", "--policy", "uk-department", "--dry-run", "--mail", TO, "--syslog", "logs.example.org"]
    done = CliRunner().invoke(app, flags, catch_exceptions=False)
    assert done.exit_code == 0
    assert f"afterwards:  mail to {TO} by {tmp_path}/sendmail, with the report; no part of the scan" in done.stdout
    assert "afterwards:  syslog logs.example.org:6514, with the report; no part of the scan" in done.stdout
    assert not (tmp_path / "mail").exists()


def test_what_cannot_be_delivered_ends_a_scan_before_it_begins(set_up) -> None:
    set_up()
    with pytest.raises(UsageError, match="--webhook: what is posted is signed"):
        CliRunner().invoke(
            app, ["scan", "127.0.0.0/30", "--policy", "none", "--webhook", "https://soc.example.org/"], catch_exceptions=False
        )


def test_a_fault_of_our_own_in_one_delivery_holds_no_other_back(tmp_path: Path) -> None:
    def broken(parcel: Parcel) -> None:
        raise KeyError("a bug")

    done = []
    both = sending.Deliveries((sending.Destination("one", broken), sending.Destination("two", done.append)))
    with pytest.raises(KeyError, match="a bug"), both:
        both.send(canned.empty(), (), quiet=True)
    assert len(done) == 1


def test_a_scan_that_is_interrupted_sends_what_it_has_after_it_gave_up_its_privileges(tmp_path: Path, set_up) -> None:
    set_up(sendmail=sendmail(tmp_path, f"cat >{tmp_path}/mail; grep CapEff /proc/self/status >{tmp_path}/mine"))
    flags = ("scan", "127.0.0.1", "--policy", "none", "--site", "name=hq", "--mail", TO, "-o", "a.json")
    with subprocess.Popen(
        [sys.executable, "-m", "camscan", *flags], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline().startswith("presence: ")
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130
    assert said.splitlines()[-1].startswith("INTERRUPTED: ")
    assert stored(tmp_path / "mail")["Subject"].startswith("[camscan] hq: INTERRUPTED, nothing judged")
    assert json.loads((tmp_path / "a.json").read_text())["run"]["interrupted"]
    assert int((tmp_path / "mine").read_text().split()[1], 16) == effective_capabilities()
