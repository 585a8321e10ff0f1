"""`python -m tests.lab up` serves the segment; `python -m tests.lab exec -- CMD…` runs one program in it. Both need root."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab.check import check, truth
from tests.lab.crowd import crowd
from tests.lab.daemons.daemon import DaemonError
from tests.lab.device import Device
from tests.lab.netns import NamespaceError
from tests.lab.roster import PEERS, ROSTER, select_devices, without
from tests.lab.segment import LabError, Segment
from tests.lab.serve import serve

UNABLE = 3


def main(arguments: Sequence[str]) -> int:
    """Run a command of the lab and return its exit code; 3 where the lab cannot be brought up."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--device", action="append", default=[], metavar="NAME", help="only this device (repeatable)")
    common.add_argument("--without", default="", metavar="PROTOCOL,…", help="switch these services off on every device")
    common.add_argument("--size", type=int, default=0, metavar="N", help="the roster and copies of its devices, N in all")
    common.add_argument("--pcap", type=Path, metavar="FILE", help="record what passes the scanner's port")
    common.add_argument("--ledger", type=Path, metavar="FILE", help="write what each device was sent")
    commands.add_parser("up", parents=[common], help="serve until stdin closes or SIGTERM; prints a JSON line when ready")
    run = commands.add_parser("exec", parents=[common], help="bring the segment up, run CMD where the scanner stands")
    run.add_argument("argv", nargs="+", metavar="CMD")
    commands.add_parser("list", help="print the devices")
    hold = commands.add_parser("check", help="hold JSON reports of a scan against the truth; 1 where they disagree")
    hold.add_argument("--size", type=int, default=0, metavar="N", help="of a segment that was brought up with --size N")
    hold.add_argument("--uk", type=Path, metavar="FILE", help="judged by uk-department with class=sensitive")
    hold.add_argument("--us", type=Path, metavar="FILE", help="judged by us-federal-agency")
    options = parser.parse_args(arguments)
    try:
        if options.command == "check":
            judged = (("uk-department", options.uk), ("us-federal-agency", options.us))
            return check(((policy, path) for policy, path in judged if path), options.size)
        if options.command == "list":
            for device in (*select_devices(), *PEERS):
                sys.stdout.write(f"{device.ip or '-':<14} {device.mac}  {device.name}\n")
            return 0
        if options.command == "up":
            serve(_devices(options), pcap=options.pcap, ledger_file=options.ledger)
            return 0
        _devices(options)
        with Segment(
            devices=options.device, without=_words(options), size=options.size, pcap=options.pcap, ledger=options.ledger
        ) as segment:
            program = segment.popen_in_scanner(options.argv)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the program itself
            signal.signal(signal.SIGTERM, lambda number, _frame: program.send_signal(number))
            code = program.wait()
        return 128 - code if code < 0 else code
    except (LabError, NamespaceError, DaemonError, KeyError, ValueError) as fault:
        sys.stderr.write(f"lab: {fault.args[0]}\n")
        return UNABLE


def _devices(options: argparse.Namespace) -> tuple[Device, ...]:
    """Return the devices that were asked for. Raises KeyError, and ValueError where there is no room for so many."""
    devices = crowd(ROSTER, truth(), options.size)[0] if options.size else select_devices(options.device)
    return without(devices, _words(options))


def _words(options: argparse.Namespace) -> list[str]:
    return [word for word in options.without.split(",") if word]


sys.exit(main(sys.argv[1:]))
