"""Sources in words, as their page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A row of the table.

    Attributes:
        key: ``s3`` for source 3, ``r`` and the path for a file that was refused.
        source_id: Number of the source; 0 for a refused file.
        camera: Its camera.
        file: Name of the file or folder.
        path: Where it lies, or lay.
        codec: ``H.264``.
        size: ``1288×728``.
        rate: ``10.00`` or ``10.00 VFR``.
        length: ``26.8 s``.
        first_time: On the common clock.
        clock: ``reference``, ``+40 ms``, ``−120 ms, 0.4 ms/min``.
        state: What it says at the end of the row.
        icon: Icon of the state, or empty.
        role: Colour role of icon and state.
        part: Progress 0..1 where it is being processed, else None.
        problem: Reason that takes the place of the columns; empty when all is well.
        level: ``bad`` or ``warn`` where there is a problem.
        can: ``retry``, ``relink``, ``remove``: buttons of a row with a problem.
    """

    key: str
    source_id: int
    camera: str
    file: str
    path: str
    codec: str = ""
    size: str = ""
    rate: str = ""
    length: str = ""
    first_time: str = ""
    clock: str = ""
    state: str = ""
    icon: str = ""
    role: str = "text2"
    part: float | None = None
    problem: str = ""
    level: str = ""
    can: tuple[str, ...] = ()

    @property
    def spoken(self) -> str:
        """The row for those who hear it."""
        parts = (self.camera, self.file, self.size, self.rate and f"{self.rate} frames a second", self.length)
        return ", ".join(part for part in (*parts, self.problem or self.state) if part)


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What the inspector says of the selected source and its camera.

    Attributes:
        key: The source's.
        camera: Camera name.
        site: Where it hangs.
        facts: ``(label, value)``.
        notices: ``(level, sentence)``.
        path: The file.
        is_known: It is a source of the project, not a refused file.
        start: When the camera's first frame was taken, as it is typed; empty where that is not known.
        why_no_start: Why it cannot be typed; empty where it can.
        is_camera: The row is a whole (live) camera.
    """

    key: str
    camera: str
    site: str
    facts: tuple[tuple[str, str], ...]
    notices: tuple[tuple[str, str], ...]
    path: str
    is_known: bool
    start: str = ""
    why_no_start: str = ""
    is_camera: bool = False


@dataclass(frozen=True, slots=True)
class AddForm:
    """Footage that was chosen and can be added now.

    Attributes:
        items: ``(path, file, camera)`` with a name for the camera that can be changed.
        needs_rate: A folder of pictures is among them.
        progress: ``Reading gate.mp4, 2 of 5`` while it is being added, else empty.
    """

    items: tuple[tuple[str, str, str], ...]
    needs_rate: bool
    progress: str = ""


@dataclass(frozen=True, slots=True)
class IngestForm:
    """How footage is processed, and how long that takes.

    Attributes:
        detectors: ``(value, words)``; the empty value is the default.
        models: The same for re-identification models.
        devices: The same for devices.
        detector: Chosen value.
        model: Chosen value.
        device: Chosen value.
        stride: Every how many frames the detector looks.
        estimate: How long it takes, in words.
        note: What else matters, such as that all is processed anew; may be empty.
        button: ``Ingest all``, ``Ingest 2 files``, ``Stop ingest``.
        is_running: The button stops.
        can_press: Whether there is anything to do.
        why_not: Why the button is off.
    """

    detectors: tuple[tuple[str, str], ...] = (("", "Automatic"),)
    models: tuple[tuple[str, str], ...] = (("", "Automatic"),)
    devices: tuple[tuple[str, str], ...] = (("", "Automatic"),)
    detector: str = ""
    model: str = ""
    device: str = ""
    stride: int = 1
    estimate: str = ""
    note: str = ""
    button: str = "Ingest all"
    is_running: bool = False
    can_press: bool = False
    why_not: str = ""


class SourcesView(Protocol):
    """What the page can be told."""

    def show_lines(self, lines: tuple[SourceLine, ...]) -> None:
        """Show all rows."""
        ...

    def show_summary(self, text: str, footer: str, n_missing: int) -> None:
        """Show the counts beside the title, the line under the table, and how many files are missing."""
        ...

    def show_camera(self, facts: CameraFacts | None) -> None:
        """Show the facts of the selected source."""
        ...

    def show_adding(self, form: AddForm | None) -> None:
        """Show what is going to be added; None closes the form."""
        ...

    def show_ingest(self, form: IngestForm) -> None:
        """Show how footage is processed."""
        ...

    def ask_removal(self, key: str, title: str, text: str) -> None:
        """Ask whether a row shall really go, for more than the row goes with it."""
        ...

    def show_searching(self, text: str) -> None:
        """Show that missing files are searched; empty when that is over."""
        ...
