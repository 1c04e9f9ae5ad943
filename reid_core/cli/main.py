"""Reads the arguments, runs one command, and turns every error into one sentence and an exit code.

Exit codes: 0 done, 1 failed, 2 usage, 3 done but some source failed or is partial, 4 no model found, 5
project in use, 6 project unreadable, 130 stopped (resumable).
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from reid_core.cli import (
    annotate,
    demo,
    doctor,
    export,
    forget,
    importing,
    ingest,
    link,
    models,
    query_engine,
    review,
    search,
    streams,
    tracklets,
)
from reid_core.cli.output import print_error
from reid_core.errors import ReidError
from reid_core.redaction import redact

COMMANDS = (
    ingest,
    search,
    link,
    tracklets,
    review,
    annotate,
    forget,
    export,
    importing,
    demo,
    models,
    doctor,
    query_engine,
    streams,
)


class _Parser(argparse.ArgumentParser):
    """Repeats no password of what it could not understand."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(redact(message), file)


def build_parser() -> argparse.ArgumentParser:
    """The parser of every headless command."""
    parser = _Parser(
        prog="sightline",
        description="Find people again across cameras.",
        epilog="Similarity is visual likeness, not a confirmed identity.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_commands(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except ReidError as error:
        print_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        print_error("Stopped. What was finished is kept; run the same command again to go on.")
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print_error(f"{error.strerror or error}: {error.filename or 'a file'}. What was committed is kept.")
        return 1
    except Exception as error:
        if os.environ.get("SIGHTLINE_TRACE"):
            sys.stderr.write(redact(traceback.format_exc()))
            return 1
        print_error(
            f"Something went wrong inside Sightline ({type(error).__name__}: {error}). "
            "What was committed is kept. "
            "Set SIGHTLINE_TRACE=1 and run the command again to see where, and please report it."
        )
        return 1
    return code
