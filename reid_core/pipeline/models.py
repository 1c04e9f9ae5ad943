"""The models of a project: loaded as asked or as the project remembers, and remembered for the next time."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reid_core.errors import UsageError
from reid_core.progress import CancelToken, Notice
from reid_core.store.project import Project
from reid_core.store.records import Space
from reid_core.weights.library import MODELS_FOLDER

if TYPE_CHECKING:  # the window asks for the space that is searched, and needs no model for that
    from reid_core.detection.base import Detector
    from reid_core.models.embedder import Embedder

DETECTOR, MODEL, SEARCH_SPACE = "detector", "model", "search_space"
"""Names of the project's settings: the detector, the re-identification model, the space that is searched."""
Notify = Callable[[Notice], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Models:
    """What an ingest needs."""

    detector: Detector
    embedder: Embedder


def load_models(
    project: Project,
    detector: str | None,
    model: str | None,
    device: str,
    cancel: CancelToken,
    notify: Notify,
) -> Models:
    """Load the detector and the re-identification model, and remember what was asked for by name.

    Args:
        project: An open project.
        detector: Name, file, ``replay:FOLDER``, or None for the project's own, else the best that is found.
        model: Likewise for the re-identification model.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        cancel: Leaves a slow load at once.
        notify: Hears where each model runs, and of smaller batches.

    Raises:
        ModelNotFoundError: None was found; says what to do.
        ModelRefusedError: The file is not what it should be.
        CancelledError: The job was asked to stop.
    """
    found = load_detector_for(project, detector, device, cancel, notify)
    embedder = load_embedder_for(project, model, device, cancel, notify)
    if detector:
        project.set_setting(DETECTOR, detector)
    remember_embedder(project, embedder, model)
    return Models(found, embedder)


def remember_embedder(project: Project, embedder: Embedder, spec: str | None) -> None:
    """Make a model the project's own, and its space the one that is searched."""
    if spec:
        project.set_setting(MODEL, spec)
    project.set_setting(SEARCH_SPACE, embedder.space.key)
    source = spec or project.setting(MODEL) or embedder.space.name
    project.set_setting(f"{MODEL}:{embedder.space.key}", source)


def load_detector_for(
    project: Project, spec: str | None, device: str, cancel: CancelToken, notify: Notify
) -> Detector:
    """Load the detector that is asked for, else the project's, else the best that is found."""
    from reid_core.detection.load import load_detector

    remembered = project.setting(DETECTOR)
    detector = _interruptible(
        lambda: load_detector(spec, device=device, project_setting=remembered, notify=notify), cancel
    )
    notify(Notice(f"detector: {detector.device_note}"))
    return detector


def load_embedder_for(
    project: Project, spec: str | None, device: str, cancel: CancelToken, notify: Notify
) -> Embedder:
    """Load the model that is asked for, else the project's, else the best that is found."""
    from reid_core.models.load import load_embedder

    spec, remembered = _where_now(project, spec), _where_now(project, project.setting(MODEL))
    embedder = _interruptible(
        lambda: load_embedder(spec, device=device, project_setting=remembered, notify=notify), cancel
    )
    notify(Notice(f"re-identification: {embedder.device_note}"))
    return embedder


def _where_now(project: Project, spec: str | None) -> str | None:
    """A model of the project's own folder goes where the project goes; anything else is where it was."""
    if not spec or Path(spec).exists():
        return spec
    own = project.sidecar / MODELS_FOLDER / re.split(r"[\\/]", spec)[-1]
    return str(own) if own.is_file() else spec


def load_embedder_of(
    project: Project, space: Space, spec: str | None, device: str, cancel: CancelToken, notify: Notify
) -> Embedder:
    """Load the model whose vectors a space holds.

    Raises:
        UsageError: The model that is found makes other vectors.
    """
    source = spec or project.setting(f"{MODEL}:{space.key}", space.name)
    embedder = load_embedder_for(project, source, device, cancel, notify)
    if embedder.space.key != space.key:
        raise UsageError(
            f"The vectors of this project were made with another model named {space.name!r}. "
            "Name that model with --model, or make new vectors: sightline embed PROJECT --model NAME"
        )
    return embedder


def search_space(project: Project, spec: str | None) -> Space:
    """The space to search: that of a model's name, else the last one used.

    Raises:
        UsageError: The project holds no vectors, or none of that model.
    """
    spaces = project.spaces()
    if not spaces:
        raise UsageError("Nothing can be searched yet. First: sightline ingest PROJECT --camera NAME=FILE")
    if spec is None:
        chosen = project.setting(SEARCH_SPACE)
        return next((space for space in spaces if space.key == chosen), spaces[-1])
    from reid_core.weights.find import find_model

    names = {space.name: space for space in spaces}
    if spec in names:
        return names[spec]
    name = find_model("reid", spec).name
    if name not in names:
        raise UsageError(
            f"The project has no vectors of {spec!r}, only of {', '.join(names)}. "
            f"Make them with: sightline embed PROJECT --model {spec}"
        )
    return names[name]


def drop_vectors(project: Project, spec: str) -> Space:
    """Delete the vectors of a model that is not searched with; they can be made again from the crops.

    Args:
        project: An open project; nobody else may write its engine output.
        spec: The model's name, or the key of its space.

    Returns:
        The space that is gone.

    Raises:
        UsageError: There is no such space, or it is the one that is searched.
        ProjectBusyError: Another engine works on the project.
    """
    spaces = project.spaces()
    found = next((space for space in spaces if spec in (space.key, space.name)), None)
    if found is None:
        names = ", ".join(space.name for space in spaces) or "no model"
        raise UsageError(f"The project has no vectors of {spec!r}; it has vectors of {names}.")
    if found.key == search_space(project, None).key:
        raise UsageError(
            f"{found.name} is what this project is searched with. Use another model first, then drop it."
        )
    with project.engine() as engine:
        engine.drop_space(found)
    return found


def _interruptible(load: Callable[[], T], cancel: CancelToken) -> T:
    """Run a slow load in a thread, so that a cancel is answered at once."""
    done: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put((load(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=work, name="load a model", daemon=True).start()
    while True:
        cancel.raise_if_cancelled()
        try:
            value, error = done.get(timeout=0.1)
        except queue.Empty:
            continue
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # set whenever there is no error
