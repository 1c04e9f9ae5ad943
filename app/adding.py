"""Footage on the disk, before and while it becomes part of a project; everything here runs in a lane.

The readers of footage are imported where they are used, in the thread: the window starts without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reid_core.errors import SourceError, UsageError
from reid_core.store.opening import sidecar_of
from reid_core.store.project import Project
from reid_core.store.records import Source

VIDEO_SUFFIXES = tuple(
    f".{ending}"
    for ending in (
        *("mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "vob", "wmv", "asf"),
        *("flv", "3gp", "3g2", "ogv", "mxf", "dav", "h264", "h265", "264", "265", "hevc"),
    )
)
"""What is looked for in folders; a file that is named itself may end in anything."""
REJECTED = "rejected_files"
"""Project setting: files that were to be added and could not be read."""
_UNFIT = re.compile(r'[\x00-\x1f/\\=,:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of footage that could be added.

    Attributes:
        path: The video file or the folder of pictures.
        kind: ``video`` or ``images``.
        n_pictures: Pictures in the folder; 0 for a video.
    """

    path: str
    kind: str
    n_pictures: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that could not become a source.

    Attributes:
        camera: Camera that it was meant for.
        path: The file or folder.
        reason: Why not, for the user.
        fps: Rate that was given for a folder of pictures, or None.
    """

    camera: str
    path: str
    reason: str
    fps: float | None = None


def find_footage(paths: Iterable[Path]) -> tuple[Found, ...]:
    """The footage that files and folders hold, in natural order; each once.

    A folder of pictures is one piece of footage; another folder is searched for videos and such folders.

    Raises:
        UsageError: There is none.
    """
    paths = [Path(path) for path in paths]
    found: dict[str, Found] = {}
    for path in paths:
        for piece in _pieces(path):
            found.setdefault(piece.path, piece)
    if not found:
        places = ", ".join(path.name or str(path) for path in paths)
        raise UsageError(f"No video and no folder of pictures was found in {places}.")
    return tuple(found[path] for path in sorted(found, key=natural))


def _pieces(path: Path) -> Iterator[Found]:
    if not path.is_dir():
        yield Found(str(path), "video")
        return
    n_pictures = _count_pictures(path)
    if n_pictures:
        yield Found(str(path), "images", n_pictures)
        return
    for child in sorted(path.iterdir(), key=lambda child: natural(child.name)):
        if child.name.startswith(".") or child.name.endswith(".sightline.d"):
            continue
        if child.is_dir() and not child.is_symlink():
            yield from _pieces(child)
        elif child.suffix.lower() in VIDEO_SUFFIXES and child.is_file():
            yield Found(str(child), "video")


def _count_pictures(folder: Path) -> int:
    from reid_core.media.folder import list_pictures

    try:
        return len(list_pictures(folder).paths)
    except SourceError:
        return 0


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sorts ``cam2`` before ``cam10``.

    >>> sorted(["cam10", "cam2"], key=natural)
    ['cam2', 'cam10']
    """
    parts = re.findall(r"\d+|\D+", text)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts]


def camera_names(paths: Sequence[str], taken: Iterable[str]) -> tuple[str, ...]:
    """A camera's name for each file: its stem, with the folder or a number where that is taken.

    >>> camera_names(["/a/gate.mp4", "/b/gate.mp4", "/c/hall.mp4"], ["hall"])
    ('gate', 'b-gate', 'c-hall')
    """
    used, names = set(taken), []
    for path in paths:
        stem = fit_name(Path(path).stem)
        choices = [stem, fit_name(f"{Path(path).parent.name}-{stem}")]
        choices += [f"{stem}-{n}" for n in range(2, len(paths) + len(used) + 3)]
        name = next(choice for choice in choices if choice not in used)
        used.add(name)
        names.append(name)
    return tuple(names)


def fit_name(text: str) -> str:
    """The text without what a camera's name may not hold.

    >>> fit_name("a:b = c"), fit_name("..")
    ('a-b - c', 'camera')
    """
    name = _UNFIT.sub("-", text).strip()[:64].strip()
    return "camera" if name.strip(".") == "" else name


def read_index(project: Path, path: str, fps: float | None) -> None:
    """Read footage through once, so that adding it is quick; where it cannot be read, adding says why."""
    from reid_core.media.source import open_source

    try:
        open_source(Path(path), "", cache_dir=sidecar_of(project) / "cache", fps=fps).close()
    except SourceError:
        return


def add_footage(project: Project, camera: str, path: str, fps: float | None) -> Rejected | Source:
    """Add one piece of footage to a camera, which is made where it is new.

    Footage that the project knows stays with its camera; its path is renewed where the old one leads nowhere.
    What cannot be read is kept on the project's list of rejected files, with the reason.
    """
    from reid_core.media.source import open_source
    from reid_core.pipeline.sources import source_facts

    others = [entry for entry in rejected_files(project) if entry.path != path]
    try:
        source = open_source(Path(path), camera, cache_dir=project.sidecar / "cache", fps=fps)
    except SourceError as error:
        entry = Rejected(camera, path, str(error), fps)
        _keep_rejected(project, [*others, entry])
        return entry
    try:
        facts = source_facts(source.info)
    finally:
        source.close()
    known = next((s for s in project.sources() if s.fingerprint == facts["fingerprint"]), None)
    _keep_rejected(project, others)
    if known is not None and Path(known.path).exists():
        return known
    camera = project.add_camera(known.camera if known else camera).name
    return project.add_source(camera, facts)


def relink(project: Project, record: Source, path: str) -> None:
    """Tell the project that a source lies somewhere else now.

    Raises:
        SourceError: What lies there is other footage.
    """
    from reid_core.media.fingerprint import fingerprint

    if fingerprint(Path(path)) != record.fingerprint:
        raise SourceError(
            f"{Path(path).name} is not the recording that was added as {Path(record.path).name}: its content "
            "differs. Add it as new footage, or choose another file."
        )
    project.add_source(record.camera, {"path": str(Path(path).resolve()), "fingerprint": record.fingerprint})


def find_missing(folder: Path, wanted: Iterable[Source]) -> dict[int, str]:
    """Where missing sources lie under a folder, by number of the source; found by content, not by name.

    Files of the same name are looked at first, then every video and every folder of pictures.
    """
    from reid_core.media.fingerprint import fingerprint

    missing = {source.fingerprint: source for source in wanted}
    names = {Path(source.path).name for source in missing.values()}
    found: dict[int, str] = {}
    candidates = [Path(piece.path) for piece in _pieces(folder)]
    candidates += [path for path in folder.rglob("*") if path.name in names and path not in set(candidates)]
    for candidate in sorted(candidates, key=lambda path: (path.name not in names, natural(str(path)))):
        if not missing:
            break
        try:
            source = missing.pop(fingerprint(candidate), None)
        except SourceError:
            continue
        if source is not None:
            found[source.id] = str(candidate.resolve())
    return found


def relink_all(project: Project, places: Mapping[int, str]) -> int:
    """Renew the paths of the sources that `find_missing` found; how many."""
    for source in project.sources():
        if source.id in places:
            info = {"path": places[source.id], "fingerprint": source.fingerprint}
            project.add_source(source.camera, info)
    return len(places)


def rejected_files(project: Project) -> tuple[Rejected, ...]:
    """The files that could not be added."""
    entries: list[dict[str, Any]] = project.setting(REJECTED, [])
    names = project.camera_names() if entries else {}
    found = (Rejected(**entry) for entry in entries)
    return tuple(replace(entry, camera=names.get(entry.camera, entry.camera)) for entry in found)


def drop_rejected(project: Project, path: str) -> tuple[Rejected, ...]:
    """Take a file off the list; it stays on the disk. The files that are left on it."""
    _keep_rejected(project, [entry for entry in rejected_files(project) if entry.path != path])
    return rejected_files(project)


def _keep_rejected(project: Project, entries: list[Rejected]) -> None:
    if entries or project.setting(REJECTED):
        project.set_setting(REJECTED, [asdict(entry) for entry in entries] or None)
