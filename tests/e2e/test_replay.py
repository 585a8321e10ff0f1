"""What a network's own servers know is put together with what a capture holds: one device stays one device."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CAMSCAN, assets_by_mac, camscan
from tests.samples_of import CAPTURE

HIKVISION, DAHUA, UNHEARD = "44:19:b6:10:00:11", "3c:ef:8c:10:00:14", "ec:71:db:00:00:64"
LEASES = f"""# The format of this file is documented in the dhcpd.leases(5) manual page.
lease 10.20.0.11 {{
  starts 0 2026/03/01 11:00:00;
  hardware ethernet {HIKVISION};
  client-hostname "front-gate";
}}
lease 10.20.0.200 {{
  starts 0 2026/03/01 11:00:00;
  hardware ethernet {UNHEARD};
  client-hostname "depot";
}}
"""
NEIGHBOURS = f"10.20.0.14 dev eth0 lladdr {DAHUA} REACHABLE\n10.20.0.200 dev eth0 lladdr {UNHEARD} STALE\n"
PORTS = "port,ip\n9000,10.20.0.200\n"


def report_of(*files: Path, **options: Any) -> dict[str, Any]:
    done = camscan("replay", *map(str, files), "--policy", "none", "--format", "json", **options)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def lists(tmp_path: Path) -> tuple[Path, ...]:
    named = {"dhcpd.leases": LEASES, "neigh.txt": NEIGHBOURS, "ports.csv": PORTS}
    for name, content in named.items():
        (tmp_path / name).write_text(content)
    return tuple(tmp_path / name for name in named)


def test_leases_neighbours_and_a_capture_become_the_same_devices(lists: tuple[Path, ...]) -> None:
    alone, together = report_of(CAPTURE), report_of(CAPTURE, *lists)
    before, after = assets_by_mac(alone), assets_by_mac(together)
    assert set(after) == {*before, UNHEARD}
    assert len(together["assets"]) == len(alone["assets"]) + 1
    assert "front-gate" in after[HIKVISION]["hostnames"]
    assert before[HIKVISION]["identification"]["model"]
    for word in ("brand", "maker", "model", "confidence"):
        assert after[HIKVISION]["identification"][word] == before[HIKVISION]["identification"][word]
    for mac, protocols in ((HIKVISION, {"dhcp"}), (DAHUA, {"arp"}), (UNHEARD, {"arp", "dhcp", "table"})):
        assert {o["protocol"] for o in after[mac]["observations"] if o["via"] == "import"} == protocols
    assert after[UNHEARD]["hostnames"] == ["depot"]
    assert [a["collector"] for a in together["attempts"]] == ["capture", "isc-leases", "ip-neigh", "table"]


def test_the_order_of_the_files_changes_nothing(lists: tuple[Path, ...]) -> None:
    assert report_of(CAPTURE, *lists)["assets"] == report_of(*reversed(lists), CAPTURE)["assets"]


def test_standard_input_is_a_file_like_any_other(lists: tuple[Path, ...]) -> None:
    report = report_of(Path("-"), lists[0], input=NEIGHBOURS)
    assert report["run"]["inputs"] == ["stdin", "dhcpd.leases"]
    assert {mac for asset in report["assets"] for mac in asset["macs"]} == {DAHUA, UNHEARD}


def test_standard_input_can_be_read_only_once() -> None:
    done = subprocess.run([CAMSCAN, "replay", "-", "-"], input="", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "standard input can be read once" in done.stderr


def test_a_list_with_an_unreadable_line_says_so_and_gives_the_others(tmp_path: Path) -> None:
    path = tmp_path / "neigh.txt"
    path.write_text(NEIGHBOURS + "10.20.0.15 dev eth0 lladdr somewhere STALE\n")
    report = report_of(path)
    assert report["attempts"][0]["undecoded"] == 1
    assert len(report["assets"]) == 2
