"""How footage is processed: what can be chosen, what is chosen, how long it takes. Without Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from app.snapshot import Snapshot, SourceFacts, SourceState
from app.views.jobs import rate_label, rough_label
from app.views.sources import IngestForm
from app.wording import count_label
from reid_core.pipeline.importing.labels import IMPORTED
from reid_core.store.records import STREAM
from reid_core.weights import ModelKind

SETTING, LAST = "ingest", "ingest_last"
"""Project settings: what is chosen, and what the last ingest from the window ran with."""
KINDS: tuple[ModelKind, ...] = ("detector", "reid")
FINISHED = (SourceState.DONE, SourceState.PARTIAL, SourceState.FAILED)
ModelNames = Mapping[str, Sequence[str]]
"""Names of the models that are on this computer, the default first, by kind."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What an ingest runs with; empty means the default.

    Attributes:
        detector: Name or file.
        model: Name or file of the re-identification model.
        device: ``cpu``, ``cuda``, ``mps`` or empty.
        stride: Every how many frames the detector looks.
    """

    detector: str = ""
    model: str = ""
    device: str = ""
    stride: int = 1

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> IngestOptions:
        """From a project setting; what is unknown there is left out."""
        known = {name: values[name] for name in cls.__slots__ if values and name in values}
        return cls(**known)

    def with_choice(self, name: str, value: str) -> IngestOptions:
        """Another value of one field."""
        changes: dict[str, Any] = {name: max(int(value), 1) if name == "stride" else value}
        return replace(self, **changes)

    def arguments(self) -> tuple[str, ...]:
        """For the command line."""
        pairs = (("--detector", self.detector), ("--model", self.model), ("--device", self.device))
        named = tuple(part for flag, value in pairs if value for part in (flag, value))
        return (*named, "--stride", str(self.stride))

    def speed_key(self, names: ModelNames) -> str:
        """What the measured speed of these choices is kept under."""
        detector, model = (
            chosen or next(iter(names.get(kind, ())), "")
            for chosen, kind in zip((self.detector, self.model), KINDS, strict=True)
        )
        return f"{detector}|{model}|{self.device or 'auto'}|{self.stride}"

    def as_setting(self) -> dict[str, Any]:
        """For a project setting."""
        return asdict(self)


def list_names() -> dict[str, list[str]]:
    """The models on this computer by kind, the default first; reads files, so not in the GUI thread."""
    from reid_core.weights import list_models

    return {kind: list(dict.fromkeys(model.name for model in list_models(kind))) for kind in KINDS}


def list_devices() -> tuple[tuple[str, str], ...]:
    """The devices that can be asked for here."""
    import platform

    from reid_core.device import has_nvidia_driver

    devices = [("", "Automatic"), ("cpu", "Processor (CPU)")]
    if has_nvidia_driver():
        devices.append(("cuda", "NVIDIA GPU"))
    if platform.system() == "Darwin":
        devices.append(("mps", "Apple GPU"))
    return tuple(devices)


def frames_left(snapshot: Snapshot, options: IngestOptions, last: IngestOptions | None) -> int:
    """Frames that an ingest with these options would process."""
    return sum(_left(facts, options, last) for facts in snapshot.sources if not facts.is_missing)


def files_left(
    snapshot: Snapshot, options: IngestOptions, last: IngestOptions | None
) -> tuple[SourceFacts, ...]:
    """The sources that an ingest with these options would work on."""
    return tuple(f for f in snapshot.sources if not f.is_missing and _left(f, options, last))


def _left(facts: SourceFacts, options: IngestOptions, last: IngestOptions | None) -> int:
    if facts.source.kind == STREAM:  # live pictures come once
        return 0
    if facts.segment is not None and is_anew(facts, options, last):
        return facts.total_frames
    return 0 if facts.state in FINISHED else max(facts.total_frames - facts.n_frames, 0)


def is_anew(facts: SourceFacts, options: IngestOptions, last: IngestOptions | None) -> bool:
    """Whether what is stored of a source was made with other choices, so that it is made again."""
    if facts.segment is None or facts.segment.detections_key.startswith(IMPORTED):
        return False  # imported tracklets stay, whatever detector is chosen
    other_stride = f";stride={options.stride};" not in facts.segment.detections_key
    return other_stride or (last is not None and last.detector != options.detector)


def make_form(
    snapshot: Snapshot,
    options: IngestOptions,
    last: IngestOptions | None,
    names: ModelNames,
    devices: tuple[tuple[str, str], ...],
    speed: float | None,
    is_running: bool,
    note: str,
    remembered: str = "",
) -> IngestForm:
    """The form as it stands; ``remembered`` is the model that the project goes on with by itself."""
    left = frames_left(snapshot, options, last)
    files = files_left(snapshot, options, last)
    n_anew = sum(is_anew(facts, options, last) for facts in files)
    other_model = last is not None and last.model != options.model
    if n_anew:
        note = f"With these choices {count_label(n_anew, 'file')} will be processed anew; decisions stay."
    elif other_model and not files:
        note = "The stored crops will be described with the other model."
    why_not = ""
    if not is_running and not files and not other_model and not snapshot.streams:
        why_not = "everything is processed" if snapshot.sources else "add footage first"
    return IngestForm(
        detectors=_choices(names.get("detector", ()), options.detector),
        models=_choices(names.get("reid", ()), options.model, remembered),
        devices=devices,
        detector=options.detector,
        model=options.model,
        device=options.device,
        stride=options.stride,
        estimate="" if is_running else estimate(left, speed),
        note=note,
        button=_button(snapshot, files, is_running),
        is_running=is_running,
        can_press=not why_not,
        why_not=why_not,
    )


def _button(snapshot: Snapshot, files: Sequence[SourceFacts], is_running: bool) -> str:
    if is_running:
        return "Stop ingest"
    if not files and snapshot.streams:
        return f"Watch {count_label(len(snapshot.streams), 'camera')}"
    if not files or len(files) == len([f for f in snapshot.sources if f.source.kind != STREAM]):
        return "Ingest all"
    return f"Ingest {count_label(len(files), 'file')}"


def _choices(names: Sequence[str], chosen: str, remembered: str = "") -> tuple[tuple[str, str], ...]:
    first = remembered or (names[0] if names else "")
    default = f"Automatic: {first}" if first else "Automatic"
    known = [("", default), *((name, name) for name in names)]
    if chosen and chosen not in names:
        known.append((chosen, chosen))
    return tuple(known)


def estimate(n_frames: int, speed: float | None) -> str:
    """How long it takes, in words.

    >>> estimate(26_800, 38.0), estimate(26_800, None), estimate(0, 38.0)
    ('About 12 min for 26,800 frames, at 38 frames/s as measured here', '26,800 frames; the time is known \
after the first seconds', '')
    """
    if not n_frames:
        return ""
    if speed is None:
        return f"{n_frames:,} frames; the time is known after the first seconds"
    took = rough_label(n_frames / speed)
    return f"About {took} for {n_frames:,} frames, at {rate_label(speed, 'frames')} as measured here"
