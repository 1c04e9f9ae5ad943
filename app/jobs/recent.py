"""Recent projects for the Start page, and what this computer offers; all of it runs beside the GUI thread."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
from PySide6.QtGui import QImage

from app.jobs.load import size_label
from app.loading import load_snapshot
from app.snapshot import Snapshot
from app.views.start import CardFacts, ComputerFact
from app.wording import count_label
from reid_core.errors import ReidError
from reid_core.store.events import Decided
from reid_core.store.opening import is_current
from reid_core.store.project import Project

N_COVERS = 5
COVER_PX = 320
"""Height to which covers are scaled: a card at twice the size."""
LITTLE_SPACE_BYTES = 2 << 30


class CardReader:
    """Reads projects for their cards, and only again when they have changed; for one thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, ...], CardFacts]] = {}

    def __call__(self, path: str) -> CardFacts:
        """What stands on the card; what is wrong is said in ``problem``."""
        mark = _mark(Path(path))
        known = self._known.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        try:
            facts = read_card(Path(path))
        except ReidError as error:
            facts = CardFacts(problem=str(error))
        self._known[path] = (mark, facts)
        return facts


def _mark(path: Path) -> tuple[int, ...]:
    """Differs when the project has changed."""
    found: list[int] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            status = file.stat()
            found += [status.st_mtime_ns, status.st_size]
        except OSError:
            found += [0, 0]
    return tuple(found)


def read_card(path: Path) -> CardFacts:
    """Counts, state and pictures of a project; one of an older format is left as it is.

    Raises:
        ReidError: It cannot be read.
    """
    if not is_current(path):
        return CardFacts(problem="Made by an older version; it is brought up to date when it is opened")
    with Project.open(path) as project:
        snapshot = load_snapshot(project)
        n_frames = sum(facts.total_frames for facts in snapshot.sources)
        is_through = all(str(facts.state) in ("done", "partial", "failed") for facts in snapshot.sources)
        n_done = sum(min(facts.n_frames, facts.total_frames) for facts in snapshot.sources)
        head = snapshot.log_head
        return CardFacts(
            n_cameras=len(snapshot.cameras),
            n_tracklets=len(snapshot.tracklets),
            n_persons=len(snapshot.persons),
            n_decisions=len(project.active_events(Decided.kind)),
            part=1.0 if is_through else n_done / n_frames if n_frames else 0.0,
            sources=tuple(facts.source.path for facts in snapshot.sources),
            last_action=snapshot.undo_text,
            last_at=project.event(head).at_utc if head else "",
            covers=tuple(_covers(project, snapshot)),
        )


def cover_tracklets(snapshot: Snapshot) -> list[str]:
    """Whose pictures stand on the card: the people first, then whoever was seen longest."""
    chosen = [person.cover for person in snapshot.persons]
    rows = sorted(range(len(snapshot.tracklets)), key=lambda row: -int(snapshot.tracklets.n_boxes[row]))
    assigned = {snapshot.tracklets.ids[row] for person in snapshot.persons for row in person.tracklets}
    chosen += [snapshot.tracklets.ids[row] for row in rows if snapshot.tracklets.ids[row] not in assigned]
    chosen += [snapshot.tracklets.ids[row] for row in rows if snapshot.tracklets.ids[row] in assigned]
    return list(dict.fromkeys(chosen))[: 2 * N_COVERS]


def _covers(project: Project, snapshot: Snapshot) -> list[QImage]:
    images: list[QImage] = []
    for tracklet_id in cover_tracklets(snapshot):
        try:
            crops = project.crops(tracklet_id)
        except ReidError:  # lost pictures are no reason to show no card
            continue
        if crops and len(images) < N_COVERS:
            image = QImage.fromData(crops[0].png)
            if not image.isNull():
                images.append(image if image.height() <= COVER_PX else image.scaledToHeight(COVER_PX))
    return images


def examine_computer() -> tuple[ComputerFact, ...]:
    """Processor, memory, models and disk, as they are."""
    return (_processor(), _memory(), _model("detector", "Detector"), _model("reid", "Model"), _disk())


def _processor() -> ComputerFact:
    import platform

    from reid_core.device import has_nvidia_driver

    cores = count_label(psutil.cpu_count(logical=False) or psutil.cpu_count() or 1, "core")
    gpu = "NVIDIA driver found" if has_nvidia_driver() else "no GPU"
    return ComputerFact("Processor", f"{cores}, {'Apple GPU' if platform.system() == 'Darwin' else gpu}")


def _memory() -> ComputerFact:
    memory = psutil.virtual_memory()
    return ComputerFact("Memory", f"{size_label(memory.available)} of {size_label(memory.total)} free")


def _model(kind: str, label: str) -> ComputerFact:
    from reid_core.weights import find_model, list_models
    from reid_core.weights.download import is_offline

    known: dict[str, list[str]] = {"detector": [], "reid": []}
    for model in list_models("detector" if kind == "detector" else "reid"):
        known[kind].append(model.name)
    if known[kind]:
        return ComputerFact(label, known[kind][0])
    if kind == "detector" and not is_offline():
        return ComputerFact(label, "fetched when first needed")
    try:
        find_model("detector" if kind == "detector" else "reid")
    except ReidError as error:
        return ComputerFact(label, "none", is_fine=False, advice=str(error))
    return ComputerFact(label, "none", is_fine=False)


def _disk() -> ComputerFact:
    n_free = shutil.disk_usage(Path.home()).free
    is_fine = n_free >= LITTLE_SPACE_BYTES
    advice = "" if is_fine else "Little space is left: an hour of footage may need more."
    return ComputerFact("Disk", f"{size_label(n_free)} free", is_fine, advice)
