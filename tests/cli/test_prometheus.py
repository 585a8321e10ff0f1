"""`camscan status --prometheus`: what a reader of the file finds in it, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from camscan.cli.clock import now
from camscan.cli.prometheus import write
from camscan.errors import DeliveryError
from camscan.history.heartbeat import Heartbeat, Looked
from camscan.model import CoverageLevel
from camscan.store.opening import open_store
from tests.cli.nights import STORE, kept, last_night, status

pytestmark = pytest.mark.usefixtures("no_user_files")


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return what a reader of the text format finds; every family must be introduced."""
    found, introduced = {}, set()
    for line in text.splitlines():
        if line.startswith("# "):
            _, kind, name, said = line.split(" ", 3)
            if kind == "TYPE":
                assert said == "gauge"
                introduced.add(name)
            continue
        head, _, value = line.rpartition(" ")
        name, brace, rest = head.partition("{")
        labels = []
        while brace and rest != "}":
            key, _, rest = rest.partition('="')
            said, at = "", 0
            while rest[at] != '"':
                at += rest[at] == "\\"
                said += rest[at]
                at += 1
            labels.append((key, said))
            rest = rest[at + 1 :].removeprefix(",")
        assert name in introduced
        assert (name, tuple(labels)) not in found
        found[name, tuple(labels)] = float(value)
    return found


def test_prometheus_reads_every_range_and_the_head(tmp_path: Path) -> None:
    head = kept(tmp_path, last_night())
    site = 'we"ird\\site'
    looked = (Looked(range="10.20.1.0/24", level=CoverageLevel.LINK),)
    with open_store(str(tmp_path / STORE)) as store:
        head = store.record(Heartbeat(event="ended", at=now(), site=site, coverage=looked)).head
    file = tmp_path / "camscan.prom"
    done = status(tmp_path, "--prometheus", str(file))
    assert done.exit_code == 5
    found = samples(file.read_text(encoding="utf-8"))
    here, there = (("site", "Poznań"), ("range", "10.20.0.0/24")), (("site", site), ("range", "10.20.1.0/24"))
    assert (found["camscan_range_fresh", here], found["camscan_range_fresh", there]) == (1, 0)
    assert found["camscan_range_last_complete_timestamp_seconds", there] == 0
    assert abs(found["camscan_range_last_complete_timestamp_seconds", here] - now().timestamp() + 3600) < 60
    assert found["camscan_last_run_devices", (("site", "Poznań"), ("verdict", "prohibited"))] == 2
    assert found["camscan_chain_head_info", (("head", head),)] == 1
    assert found["camscan_chain_records", ()] == 2


def test_prometheus_is_told_too_where_no_run_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "camscan.prom"
    assert status(tmp_path, "--prometheus", str(file)).exit_code == 5
    found = samples(file.read_text(encoding="utf-8"))
    assert (found["camscan_chain_records", ()], found["camscan_fresh", ()]) == (0, 0)


@pytest.mark.parametrize(("max_age", "fresh"), [("26h", 1), ("30m", 0)])
def test_one_metric_says_whether_all_is_fresh(tmp_path: Path, max_age: str, fresh: int) -> None:
    kept(tmp_path, last_night())
    file = tmp_path / "camscan.prom"
    status(tmp_path, "--prometheus", str(file), "--max-age", max_age)
    assert samples(file.read_text(encoding="utf-8"))["camscan_fresh", ()] == fresh


@pytest.mark.parametrize(("folder_mode", "mode"), [(0o750, 0o640), (0o700, 0o600)])
def test_the_group_of_the_folder_may_read_the_file_and_nobody_else(tmp_path: Path, folder_mode: int, mode: int) -> None:
    folder = tmp_path / "collector"
    folder.mkdir(mode=folder_mode)
    file = folder / "camscan.prom"
    file.write_text("old")
    file.chmod(0o666)
    write(file, "new\n")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new\n", mode)
    assert os.listdir(folder) == ["camscan.prom"]


def test_a_file_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "camscan.prom").mkdir()
    with pytest.raises(DeliveryError, match=r"camscan\.prom: cannot be written"):
        write(tmp_path / "camscan.prom", "x")
    assert os.listdir(tmp_path) == ["camscan.prom"]
