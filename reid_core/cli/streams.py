"""Live cameras on the command line: their options, their passwords, and ``stream-test``."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reid_core.cli.arguments import CameraArgument, camera_name
from reid_core.cli.output import EventPrinter, print_json, print_text
from reid_core.errors import UsageError
from reid_core.progress import CancelToken, Notice

if TYPE_CHECKING:
    from reid_core.pipeline.live import LiveCamera
    from reid_core.store.project import Project
    from reid_core.streams.address import StreamAddress

_SIZES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_TIMES = {"m": 60.0, "h": 3600.0, "d": 86400.0}
_LEAST_STALL_S, _MOST_STALL_S = 1.0, 3600.0
EXIT_CODES = {"ok": 0, "authentication failed": 7, "unreachable": 8, "no video": 9, "refused": 10}


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    parser = commands.add_parser(
        "stream-test",
        help="try the address of a live camera",
        description="Connect to a camera and say: ok with size and rate, authentication failed, unreachable, "
        "or no video. Its password comes from the address (user:env:NAME@ names an environment "
        "variable), from the system's keyring, or is asked for.",
    )
    parser.add_argument("address", help="rtsp://user@host/path, http://host/path or device:0")
    parser.add_argument(
        "--remember",
        action="store_true",
        help="keep the password in the system's keyring if the camera takes it",
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.set_defaults(run=run_test)


def add_stream_options(parser: argparse.ArgumentParser) -> None:
    """Add what ``ingest`` knows of live cameras."""
    parser.add_argument(
        "--record",
        action="append",
        default=[],
        type=recording,
        metavar="NAME[=SIZE[,AGE]]",
        help="record a live camera in files of a minute; the oldest go beyond SIZE (10GB) or AGE (7d)",
    )
    parser.add_argument(
        "--no-record",
        action="append",
        default=[],
        type=camera_name,
        metavar="NAME",
        help="record a live camera no longer",
    )
    parser.add_argument(
        "--keep-free",
        type=size,
        metavar="SIZE",
        help="record only while so much of the disk is free (default 2GB)",
    )
    parser.add_argument(
        "--stop-after", type=duration, metavar="TIME", help="let live cameras go after a time, e.g. 90s, 8h"
    )
    parser.add_argument(
        "--stall-after",
        type=stall,
        metavar="TIME",
        help="connect a live camera anew when it gives no picture for so long (default 10s; 1s to 1h)",
    )


def size(text: str) -> int:
    """Parse ``20GB`` to bytes.

    >>> size("1.5GB")
    1500000000
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]B)", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 500MB or 20GB")
    return int(float(found[1]) * _SIZES[found[2].upper()])


def duration(text: str) -> float:
    """Parse ``90s``, ``30m``, ``12h`` or ``7d`` to seconds.

    >>> duration("90s"), duration("7d")
    (90.0, 604800.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip())
    if not found or float(found[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 90s, 30m, 12h or 7d")
    return float(found[1]) * {"s": 1.0, **_TIMES}[found[2]]


def stall(text: str) -> float:
    """Parse the time after which a silent camera counts as lost, seconds.

    >>> stall("30s")
    30.0
    """
    seconds = duration(text)
    if not _LEAST_STALL_S <= seconds <= _MOST_STALL_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1s and 1h")
    return seconds


def recording(text: str) -> tuple[str, dict[str, Any]]:
    """Parse ``NAME[=SIZE[,AGE]]``."""
    name, _, rest = text.partition("=")
    parts = [part for part in rest.split(",") if part]
    if len(parts) > 2:
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME, NAME=20GB or NAME=20GB,7d")
    limits: dict[str, Any] = {}
    for part in parts:
        if part[-1:].upper() == "B":
            limits["max_bytes"] = size(part)
        else:
            limits["max_age_s"] = duration(part)
    return camera_name(name), limits


def register_streams(project: Project, arguments: argparse.Namespace) -> None:
    """Add the live cameras of a command to its project, and renew what is recorded of them."""
    from reid_core.pipeline.live_cameras import StoredStream, register_stream, stored_streams
    from reid_core.streams.recording import Quota

    streams = stored_streams(project)
    for one in arguments.camera:
        if one.stream is not None:
            before = streams.get(one.name)
            streams[one.name] = StoredStream(str(one.stream.address), before.quota if before else None)
    changed = {one.name for one in arguments.camera if one.stream is not None}
    floor = {} if arguments.keep_free is None else {"floor_bytes": arguments.keep_free}
    for name, limits in arguments.record:
        _require(name, streams)
        streams[name] = StoredStream(streams[name].address, Quota(**limits, **floor))
        changed.add(name)
    for name in arguments.no_record:
        _require(name, streams)
        streams[name] = StoredStream(streams[name].address)
        changed.add(name)
    for name in streams:
        if name in changed:
            register_stream(project, name, streams[name])


def _require(name: str, streams: dict[str, Any]) -> None:
    if name not in streams:
        known = ", ".join(streams) or "none"
        raise UsageError(f"There is no live camera {name!r} to record; the project has: {known}.")


def watched_cameras(
    project: Project, arguments: argparse.Namespace, printer: EventPrinter
) -> list[LiveCamera]:
    """The live cameras that a command watches: those that it names, or all where it names no camera."""
    from reid_core.pipeline.live_cameras import open_cameras, stored_streams
    from reid_core.streams.connection import Patience

    patience = None if arguments.stall_after is None else Patience.until_stall(arguments.stall_after)
    given = {one.name: one.stream for one in arguments.camera if one.stream is not None}
    names = list(given) if arguments.camera else list(stored_streams(project))
    can_ask = sys.stdin.isatty() and not arguments.events
    cameras, problems = open_cameras(
        project, names, given, ask=ask_password if can_ask else None, patience=patience
    )
    for name, problem in problems.items():
        if name in given:
            raise UsageError(problem)
        printer.show(Notice(f"not watched: {problem}", part=name, level="warning"))
    return cameras


def files_of(arguments: list[CameraArgument]) -> list[CameraArgument]:
    """The cameras that are files. Raises `UsageError` where one name means both."""
    live = {one.name for one in arguments if one.stream is not None}
    files = [one for one in arguments if one.stream is None]
    if both := live & {one.name for one in files}:
        raise UsageError(f"{', '.join(sorted(both))}: a camera is a stream or has files; use two names.")
    return files


@contextmanager
def stopping_after(cancel: CancelToken, seconds: float | None) -> Iterator[None]:
    """Ask for the end after so many seconds; None never does."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, cancel.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def ask_password(address: StreamAddress) -> str | None:
    """Ask the person at the terminal once; None when nobody answers."""
    try:
        return getpass.getpass(f"Password of {address.user} at {address.authority}: ", stream=sys.stderr)
    except EOFError:
        return None


def run_test(arguments: argparse.Namespace) -> int:
    """Try an address, and say what came of it."""
    from reid_core.streams.address import parse_address
    from reid_core.streams.check import check_stream
    from reid_core.streams.credentials import find_login, remember_password
    from reid_core.streams.opening import connector

    given = parse_address(arguments.address)
    ask = ask_password if sys.stdin.isatty() else None
    login = find_login(given, ask=ask)
    checked = check_stream(connector(login))
    is_ok = checked.result == "ok"
    if is_ok and arguments.remember and login.password is not None:
        remember_password(login.address, login.password)
    if arguments.json:
        info = None if checked.info is None else asdict(checked.info)
        print_json(
            {"address": str(login.address), "result": checked.result, "detail": checked.detail, "info": info}
        )
    else:
        print_text(f"{login.address}: {checked}")
        if is_ok and arguments.remember and login.password is not None:
            print_text("The password is kept in the system's keyring.")
    return EXIT_CODES.get(checked.result, 1)
