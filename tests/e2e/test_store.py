"""The recorded scan of the whole segment, kept in a store as root after every capability was given up."""

from __future__ import annotations

import json
import stat

from tests.e2e.conftest import STORE, Scanned, camscan


def test_the_store_gives_back_the_observation_file_byte_for_byte(scanned: Scanned) -> None:
    store = scanned.evidence.with_name(STORE)
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert f"kept in {store} as {scanned.report['run']['id']}" in scanned.stderr
    exported = camscan("history", "export", "last", "-", "--store", str(store))
    assert exported.stdout == scanned.evidence.read_text(encoding="utf-8")


def test_the_history_counts_what_the_report_counts(scanned: Scanned) -> None:
    listed = json.loads(camscan("history", "--format", "json", "--store", str(scanned.evidence.with_name(STORE))).stdout)
    (run,) = listed["runs"]
    assert (run["id"], run["complete"]) == (scanned.report["run"]["id"], True)
    assert run["devices"] == len(scanned.report["assets"])
    counted = {verdict: number for verdict, number in scanned.report["counts"]["verdicts"].items() if number}
    assert run["verdicts"] == counted


def test_the_record_of_runs_holds_and_knows_the_head_that_the_report_names(scanned: Scanned) -> None:
    store = str(scanned.evidence.with_name(STORE))
    done = camscan("history", "verify", "--head", scanned.report["run"]["chain_head"], "--store", store)
    assert done.returncode == 0, done.stderr
    assert f"record 2, end of run {scanned.report['run']['id']}" in done.stdout
    found = json.loads(camscan("status", "--format", "json", "--store", store).stdout)
    assert found["fresh"]
    (site,) = found["sites"]
    assert [(one["range"], one["run"]) for one in site["ranges"]] == [("10.20.0.0/24", scanned.report["run"]["id"])]
