"""``sightline``: headless commands go to the core or to training; without a command the window opens.

Qt is imported only to open the window.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reid_core.redaction import guard_process

TRAINING_COMMANDS = frozenset(
    {
        "compare", "conformance", "dataset", "describe", "distill", "evaluate", "inspect", "preflight",
        "pseudo-labels", "resume", "train",
    }
)  # fmt: skip
"""Commands of `training` that `sightline` has too; ``export`` here is the project's, there the model's."""
HELP = ("-h", "--help")
NO_QT = (
    "The window needs PySide6, which is missing or cannot be loaded ({reason}). `sightline doctor` says "
    "what to do; `sightline --help` lists the commands, which work without it.\n"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, or open the window; the exit code.

    Args:
        argv: The arguments after the program's name; those of the process where None.
    """
    if argv is None:
        guard_process()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or _is_for_window(arguments):
        return _open_window(arguments)
    if arguments[0] in TRAINING_COMMANDS:
        from training.__main__ import main as run
    else:
        from reid_core.cli.main import main as run
    if arguments[0] in HELP:
        from app.options import parser

        sys.stdout.write(parser().format_help() + "\n")
        sys.stdout.flush()
    return run(arguments)


def _is_for_window(arguments: Sequence[str]) -> bool:
    first = arguments[0]
    return first.endswith(".sightline") or (first.startswith("-") and first not in HELP)


def _open_window(arguments: Sequence[str]) -> int:
    from app.options import parse

    options = parse(arguments)
    try:
        from app.application import run_window
    except ImportError as error:
        sys.stderr.write(NO_QT.format(reason=error))
        return 1
    return run_window(options)


if __name__ == "__main__":
    sys.exit(main())
