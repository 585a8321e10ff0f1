"""The tests of one costly fixture go to one process."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.units import unit_of


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("tests/e2e/test_scan.py::test_the_report_of_a_scan_agrees_with_the_truth", "scanned"),
        ("tests/e2e/test_discovery.py::test_passwords_and_handles_of_remote_access_are_in_no_output", "scanned"),
        ("tests/e2e/test_scan.py::test_a_dry_run_sends_nothing", None),
        ("tests/lab/test_lab.py::test_a_closed_port_of_a_camera_refuses", "tests/lab/test_lab.py"),
        ("tests/e2e/test_peers.py::test_nmap_reads_the_same_product_from_the_same_words[nginx]", "tests/e2e/test_peers.py"),
        ("tests/e2e/test_wheel.py::test_the_shipped_data_passes_its_self_test", "tests/e2e/test_wheel.py"),
        ("tests/e2e/test_wheel.py::test_a_checkout_finds_the_data_beside_it[editable]", None),
        ("tests/codecs/test_sadp.py::test_x[a::b]", None),
    ],
)
def test_tests_on_the_same_fixture_are_one_unit_and_others_stand_alone(test: str, unit: str | None) -> None:
    assert unit_of(test) == (unit or test)


@pytest.mark.netns
def test_one_of_several_processes_has_a_network_of_its_own(request: pytest.FixtureRequest) -> None:
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process does all the work")
    if os.geteuid() != 0:
        pytest.skip("a network of its own needs root")
    whole = Path(f"/proc/{os.getppid()}/ns/net").readlink()
    assert Path("/proc/thread-self/ns/net").readlink() != whole
    socket.create_server(("127.0.0.1", 0)).close()
