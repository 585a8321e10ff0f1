"""`python -m camscan`, and the `camscan` program."""

import gc
import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until the command line stands, an interrupt ends the process, and nobody is shown where.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from camscan.cli.app import run


def main() -> None:
    """Run the command line and end the process with its exit code."""
    code = run(sys.argv[1:])
    # The interpreter looks for cycles once more at its end; what is held by then goes with the process.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
