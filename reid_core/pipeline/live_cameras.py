"""The live cameras that a project remembers: where they are and what is recorded, never their passwords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from reid_core.errors import UsageError
from reid_core.pipeline.live import LiveCamera
from reid_core.store.project import Project
from reid_core.store.records import STREAM, STREAMS
from reid_core.streams.address import GivenAddress, parse_address
from reid_core.streams.connection import Patience
from reid_core.streams.credentials import Ask, find_login
from reid_core.streams.opening import connector
from reid_core.streams.recording import Quota


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A live camera of a project.

    Attributes:
        address: Where it is, without a password; a variable that holds it may be named.
        quota: How much is recorded; None records nothing.
    """

    address: str
    quota: Quota | None = None


def stored_streams(project: Project) -> dict[str, StoredStream]:
    """The live cameras of a project by name."""
    stored, names = project.setting(STREAMS, {}), project.camera_names()
    return {
        names.get(name, name): StoredStream(
            known["address"], None if known["quota"] is None else Quota(**known["quota"])
        )
        for name, known in stored.items()
    }


def register_stream(project: Project, name: str, stream: StoredStream) -> None:
    """Add a live camera to a project, or renew its address and what is recorded.

    Raises:
        UsageError: The camera has files, or nothing compressed comes that could be recorded.
    """
    if any(source.kind != STREAM for source in project.sources(name)):
        raise UsageError(
            f"The camera {name} has files. A stream has a clock of its own: give it a camera name of its own."
        )
    if stream.quota is not None and stream.address.startswith("device:"):
        raise UsageError(
            f"{name} is a webcam: it sends pictures, no compressed stream, and is not recorded; leave "
            "--record out."
        )
    name = project.add_camera(name).name
    kept = {known: asdict(other) for known, other in stored_streams(project).items()}
    project.set_setting(STREAMS, {**kept, name: asdict(stream)})


def open_cameras(
    project: Project,
    names: Iterable[str],
    given: Mapping[str, GivenAddress],
    *,
    ask: Ask | None = None,
    patience: Patience | None = None,
) -> tuple[list[LiveCamera], dict[str, str]]:
    """The cameras with their logins, ready to be watched.

    Args:
        project: Knows them.
        names: Which.
        given: Addresses as they were given just now, with passwords that are not stored.
        ask: Asks for a password that is found nowhere.
        patience: Time limits.

    Returns:
        The cameras, and by name why others cannot be watched.
    """
    patience = patience or Patience()
    cameras: list[LiveCamera] = []
    problems: dict[str, str] = {}
    stored = stored_streams(project)
    for name in names:
        stream = stored[name]
        try:
            login = find_login(given.get(name) or parse_address(stream.address), ask=ask)
        except UsageError as error:
            problems[name] = str(error)
            continue
        cameras.append(LiveCamera(name, stream.address, connector(login, patience), stream.quota, patience))
    return cameras, problems
