"""``python -m training``: training, evaluation and the checks of the methods, on the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from reid_core.errors import ReidError
from training.conformance import command as conformance
from training.engine import adaptation_command as adaptation
from training.engine import command as engine
from training.engine import data_command as data
from training.engine.memory import keep_freed_memory
from training.evaluation import command as evaluate
from training.evaluation import compare_command as compare
from training.evaluation import inspect_command as inspect
from training.export import command as export

COMMANDS = (engine, data, adaptation, evaluate, compare, inspect, export, conformance)


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Train, evaluate and check re-identification models."
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
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Stopped at once; what the last checkpoint holds is kept.\n")
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        sys.stderr.write(
            f"{error.strerror or error}: {error.filename or 'a file'}. What was written is kept.\n"
        )
        return 1
    except Exception as error:
        if os.environ.get("SIGHTLINE_TRACE"):
            raise
        sys.stderr.write(
            f"Something went wrong inside Sightline ({type(error).__name__}: {error}). What was written is "
            "kept. Set SIGHTLINE_TRACE=1 and run the command again to see where, and please report it.\n"
        )
        return 1
    return code


if __name__ == "__main__":
    keep_freed_memory()
    raise SystemExit(main())
