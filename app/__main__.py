"""``sightline``: headless commands go to the core or to training; without a command the window opens.

Nothing here imports Qt. The window itself is not part of this version, and the program says so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

TRAINING_COMMANDS = frozenset({"conformance"})
NO_WINDOW = (
    "The window is not part of this version yet. `sightline --help` lists the commands; "
    "`sightline demo` shows what they do.\n"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; without one, say that the window does not exist yet.

    Args:
        argv: The arguments after the program's name; those of the process where None.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        sys.stderr.write(NO_WINDOW)
        return 1
    if arguments[0] in TRAINING_COMMANDS:
        from training.__main__ import main as run
    else:
        from reid_core.cli.main import main as run
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
