"""After the drop no thread holds a capability, none can be regained, and files stay writable."""

import os
import subprocess
import sys
import textwrap

import pytest

from camscan.collect.privileges import CAP_NET_RAW, may, remedy_for_privilege

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to drop")


def after_the_drop(code: str) -> str:
    """Return what a process prints that has dropped its capabilities and then runs `code`."""
    program = "from camscan.collect.privileges import drop_capabilities\ndrop_capabilities()\n" + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip() or done.stderr.strip()


@root
def test_every_capability_set_of_every_thread_is_empty() -> None:
    said = after_the_drop("""
        import threading, pathlib
        ready, end = threading.Event(), threading.Event()
        threading.Thread(target=lambda: (ready.set(), end.wait())).start()
        ready.wait()
        for task in sorted(pathlib.Path("/proc/self/task").iterdir()):
            for line in (task / "status").read_text().splitlines():
                if line.startswith(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs")):
                    print(*line.split())
        end.set()
    """)
    lines = said.splitlines()
    assert len(lines) == 12
    assert {line.split()[1] for line in lines if line.startswith("Cap")} == {"0" * 16}
    assert {line for line in lines if line.startswith("NoNewPrivs")} == {"NoNewPrivs: 1"}


@root
def test_a_packet_socket_cannot_be_opened_any_more() -> None:
    said = after_the_drop("""
        import socket
        try:
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            print("refused")
    """)
    assert said == "refused"


@root
def test_a_program_that_root_starts_afterwards_regains_nothing() -> None:
    said = after_the_drop("""
        import subprocess
        print(subprocess.run(["grep", "CapEff", "/proc/self/status"], capture_output=True, text=True).stdout)
    """)
    assert said.split() == ["CapEff:", "0" * 16]


@root
def test_own_files_stay_writable(tmp_path: os.PathLike[str]) -> None:
    said = after_the_drop(f"""
        import pathlib
        pathlib.Path({str(tmp_path)!r}, "report").write_text("kept")
        print(pathlib.Path({str(tmp_path)!r}, "report").read_text())
    """)
    assert said == "kept"


def test_dropping_twice_is_harmless() -> None:
    assert after_the_drop("drop_capabilities(); print('still here')") == "still here"


@root
def test_root_may_open_packet_sockets_before_the_drop() -> None:
    assert may(CAP_NET_RAW)


def test_the_remedy_is_a_command_that_can_be_typed() -> None:
    assert remedy_for_privilege("scan 192.0.2.0/24").startswith("sudo /")
