"""`python -m camscan`, and the `camscan` program."""

import gc
import sys

from camscan.cli.app import run


def main() -> None:
    """Run the command line and end the process with its exit code."""
    code = run(sys.argv[1:])
    # The interpreter looks for cycles once more at its end; what is held by then goes with the process.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
