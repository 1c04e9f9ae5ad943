"""A Sightline project's decided identities as a data set in the layout of Market-1501."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from reid_core import imaging
from reid_core.linking.identities import Identity
from reid_core.pipeline.identities import identities
from reid_core.store.project import Project
from training.datasets.holding_out import hold_out, split_queries
from training.datasets.market import DatasetError, Picture, Split

IDS_FILE = "ids.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        n_ids: People in training.
        n_validation_ids: People held out.
        n_pictures: Crops of all of them.
        n_conflicted: Identities that were left out because their decisions contradict each other.
    """

    n_ids: int
    n_validation_ids: int
    n_pictures: int
    n_conflicted: int


def write_project_set(path: Path, out: Path, *, share: float = 0.2, seed: int = 0) -> Written:
    """Write the crops of everybody who was accepted, split by identity; whole or not at all.

    A crop is named ``PPPP_cCsT_FFFFFF_NN.png``: person, camera as the project numbers it, tracklet, frame,
    place. ``ids.json`` says which identity and tracklets each number stands for. Identities in conflict are
    left out. Nothing proves that two identities are two people: decide "different" where they look alike.

    Args:
        path: The project file.
        out: The folder, new.
        share: Of the identities, held out as query and gallery; drawn among those that two cameras saw.
        seed: Decides which.

    Raises:
        DatasetError: The folder exists, or nobody was accepted.
        ReidError: The project cannot be read, or its pictures are lost.
    """
    if out.exists() and any(out.iterdir()):
        raise DatasetError(f"{out} is not empty: choose a new folder.")
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for split in Split:
        (part / split).mkdir(parents=True)
    with Project.open(path) as project:
        people = identities(project).identities
        decided = [person for person in people if person.tracklets and not person.conflicted]
        pictures = _write_crops(project, decided, part / Split.TRAIN)
    if not pictures:
        shutil.rmtree(part)
        if any(person.conflicted for person in people):
            raise DatasetError(
                f"Decisions about everybody in {path} contradict each other: solve that first, on the page "
                "Links or with `sightline identities`."
            )
        raise DatasetError(
            f"{path} holds nobody who was accepted: decide who is who first, in the window or with "
            "`sightline decide`."
        )
    held = _choose(pictures, share, seed)
    query, gallery = split_queries([picture for picture in pictures if picture.pid in held])
    for picture in query:
        shutil.copyfile(picture.path, part / Split.QUERY / picture.name)
    for picture in gallery:
        shutil.copyfile(picture.path, part / Split.GALLERY / picture.name)
    for picture in pictures:
        if picture.pid in held:
            picture.path.unlink()
    table = {
        str(number): {
            "identity": person.id,
            "tracklets": list(person.tracklets),
            "is_validation": number in held,
        }
        for number, person in enumerate(decided, start=1)
    }
    (part / IDS_FILE).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        out.rmdir()
    part.replace(out)
    n_ids = len({picture.pid for picture in pictures})
    return Written(n_ids - len(held), len(held), len(pictures), sum(person.conflicted for person in people))


def _write_crops(project: Project, people: list[Identity], folder: Path) -> list[Picture]:
    cameras = {camera.name: camera.id for camera in project.cameras()}
    tracklets = {tracklet.id: tracklet for tracklet in project.tracklets()}
    pictures, order = [], 0
    for pid, person in enumerate(people, start=1):
        for tracklet_id in person.tracklets:
            order += 1
            camid = cameras[tracklets[tracklet_id].camera]
            for place, crop in enumerate(project.crops(tracklet_id)):
                image = imaging.inner_of(imaging.decode_png(crop.png), crop.inner)
                name = f"{pid:04d}_c{camid}s{order}_{crop.member.frame_idx:06d}_{place:02d}.png"
                (folder / name).write_bytes(imaging.encode_png(image))
                pictures.append(Picture(name, pid, camid, folder / name))
    return pictures


def _choose(pictures: list[Picture], share: float, seed: int) -> set[int]:
    """The persons that are held out, by the rule of `training.datasets.holding_out`."""
    kept = {picture.pid for picture in hold_out(pictures, share, seed).train}
    return {picture.pid for picture in pictures} - kept
