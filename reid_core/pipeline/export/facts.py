"""What a preflight counts: how much of everything is about to leave the project."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.pipeline.export.tables import Tables, overlaps
from reid_core.store.places import is_missing
from reid_core.types import Verdict


@dataclass(frozen=True, slots=True)
class Facts:
    """Counts of one export, by which formats say what becomes of each.

    Attributes:
        files: File name of each camera, in the project's order.
        n_cameras: Those that saw somebody of the export.
        persons: What each person is called, in the export's order.
        n_identities: Persons that somebody decided about.
        n_named: Identities with a name.
        n_one_camera: Identities that one camera alone saw.
        n_several_cameras: Identities that several cameras saw.
        n_tracklets: Tracklets.
        n_unassigned: Tracklets that belong to no identity.
        n_left_out: Tracklets outside the scope.
        n_clipped: Tracklets of which only a part is in the range.
        n_shown: Tracklets in formats that people look at, see `Tables.of_people`.
        n_shown_persons: Persons in them.
        n_boxes: Boxes.
        n_interpolated: Boxes that were not detected but lie between detections.
        n_overlaps: Tracklets in the same frame as another one of their person.
        n_verdicts: Decisions that hold.
        n_unsettled: Those of them that say "different" or "unsure".
        n_notes: Tags and notes.
        n_clocks: Cameras whose clock differs from the common clock.
        n_vfr: Sources whose frames do not come at an even rate.
        n_long: Cameras with several files.
        n_missing: Sources of the tracklets that people look at whose file is not where it was.
        models: Names of the models whose vectors the project holds.
    """

    files: tuple[str, ...]
    n_cameras: int
    persons: tuple[str, ...]
    n_identities: int
    n_named: int
    n_one_camera: int
    n_several_cameras: int
    n_tracklets: int
    n_unassigned: int
    n_left_out: int
    n_clipped: int
    n_shown: int
    n_shown_persons: int
    n_boxes: int
    n_interpolated: int
    n_overlaps: int
    n_verdicts: int
    n_unsettled: int
    n_notes: int
    n_clocks: int
    n_vfr: int
    n_long: int
    n_missing: int
    models: tuple[str, ...]

    @property
    def n_persons(self) -> int:
        """Identities and tracklets without one."""
        return len(self.persons)


def count(tables: Tables) -> Facts:
    """Count what is about to be exported."""
    project, persons = tables.project, tables.persons
    decided = [person for person in persons if person.identity is not None]
    n_cameras = [len({tracklet.camera for tracklet in person.tracklets}) for person in decided]
    everything = [tracklet for _, tracklet in tables.tracklets()]
    shown = tables.of_people().persons
    verdicts = tables.judgements()
    used = [tables.sources[i] for i in sorted({t.source_id for person in shown for t in person.tracklets})]
    n_files: dict[str, int] = {}
    for source in tables.sources.values():
        n_files[source.camera] = n_files.get(source.camera, 0) + 1
    return Facts(
        files=tuple(tables.files.values()),
        n_cameras=len({tracklet.camera for tracklet in everything}),
        persons=tuple(person.label for person in persons),
        n_identities=len(decided),
        n_named=sum(bool(person.name) for person in decided),
        n_one_camera=sum(n == 1 for n in n_cameras),
        n_several_cameras=sum(n > 1 for n in n_cameras),
        n_tracklets=len(everything),
        n_unassigned=sum(len(person.tracklets) for person in persons if person.identity is None),
        n_left_out=tables.n_left_out,
        n_clipped=len(tables.clipped),
        n_shown=sum(len(person.tracklets) for person in shown),
        n_shown_persons=len(shown),
        n_boxes=sum(tracklet.n_boxes for tracklet in everything),
        n_interpolated=sum(tracklet.n_boxes - tracklet.n_detections for tracklet in everything),
        n_overlaps=overlaps(persons, tables.numbers),
        n_verdicts=len(verdicts),
        n_unsettled=sum(verdict.verdict is not Verdict.SAME for verdict in verdicts),
        n_notes=len(tables.notes()),
        n_clocks=sum(bool(camera.offset_ms or camera.drift_ppm) for camera in tables.cameras.values()),
        n_vfr=sum(bool(source.info.get("is_vfr")) for source in tables.sources.values()),
        n_long=sum(n > 1 for n in n_files.values()),
        n_missing=sum(is_missing(source) for source in used),
        models=tuple(space.name for space in project.spaces()),
    )
