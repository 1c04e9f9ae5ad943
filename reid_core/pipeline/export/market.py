"""Crops of identities in the layout of Market-1501 (Zheng et al., ICCV 2015), for training and testing.

``0001_c1s1_000151_01.jpg`` is person, camera, sequence (the camera's file), frame (rank in that file, from 0)
and box. ``bounding_box_train`` and ``query``/``bounding_box_test`` share no person. Persons whom one camera
alone saw are in the training part, since a query needs a picture of its person from another camera
(torchreid removes gallery pictures of the query's person and camera). ``persons.csv`` says who is who.

`MARKET` keeps to what torchreid's loader takes: JPEG, camera of one digit from 1 to 6, persons up to 1501.
`MARKET_FREE` holds any number of persons and cameras, and lossless PNG.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost, stops, warns
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.tables import Person, Tables
from reid_core.pipeline.export.tabular import write_table
from reid_core.store.records import Crop, Tracklet

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"
PERSONS_FILE, CAMERAS_FILE = "persons.csv", "cameras.csv"
MAX_CAMERAS, MAX_PERSONS = 6, 1501
"""What torchreid asserts of Market-1501 (``torchreid/data/datasets/image/market1501.py``)."""
DISTRACTOR = 0
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Naming:
    """How the files of a variant are named and encoded."""

    suffix: str
    camera_digits: int


STOCK, FREE = Naming(".jpg", 1), Naming(".png", 3)


def write(tables: Tables, folder: Path, *, naming: Naming) -> None:
    """Write the three parts, ``persons.csv`` and ``cameras.csv``."""
    for part in (TRAIN, QUERY, GALLERY):
        (folder / part).mkdir()
    camids = _camids(tables)
    persons = [person for person in tables.persons if person.identity is not None]
    pids = {person.number: pid for pid, person in enumerate(persons, 1)}
    tested = _tested(persons, tables.options.test_share)
    queries: dict[tuple[int, int], Path] = {}
    in_gallery: set[tuple[int, int]] = set()
    taken: set[str] = set()
    for person, tracklet in tables.watched():
        pid = pids.get(person.number, DISTRACTOR)
        if pid == DISTRACTOR and not tables.options.distractors:
            continue
        camid = camids[tracklet.camera]
        stem = f"{pid:04d}_c{camid:0{naming.camera_digits}d}s{tables.sources[tracklet.source_id].number}"
        for crop in _crops(tables, tracklet):
            name = _free_name(f"{stem}_{crop.member.frame_idx:06d}", taken) + naming.suffix
            part = GALLERY if pid == DISTRACTOR or person.number in tested else TRAIN
            if part == GALLERY and pid != DISTRACTOR and (pid, camid) not in queries:
                part = QUERY
                queries[pid, camid] = folder / QUERY / name
            elif part == GALLERY:
                in_gallery.add((pid, camid))
            (folder / part / name).write_bytes(_encoded(crop, naming))
    for seen, path in queries.items():
        if seen not in in_gallery:  # or the person's queries from other cameras would have nothing to find
            shutil.copyfile(path, folder / GALLERY / path.name)
    write_table(
        folder / PERSONS_FILE,
        ("pid", "identity", "name", "part", "n_tracklets"),
        (
            (pids[p.number], p.identity, p.name, "test" if p.number in tested else "train", len(p.tracklets))
            for p in persons
        ),
    )
    write_table(folder / CAMERAS_FILE, ("camid", "camera"), ((n, camera) for camera, n in camids.items()))


def _camids(tables: Tables) -> dict[str, int]:
    """Cameras are numbered from 1 among those that saw somebody of the export."""
    seen = {tracklet.camera for _, tracklet in tables.tracklets()}
    return {camera: n for n, camera in enumerate((c for c in tables.cameras if c in seen), 1)}


def _free_name(stem: str, taken: set[str]) -> str:
    """The stem with the first box number that is not taken, which it then is."""
    name = next(name for n in count(1) if (name := f"{stem}_{n:02d}") not in taken)
    taken.add(name)
    return name


def _tested(persons: list[Person], share: float) -> frozenset[int]:
    """Numbers of the persons kept for testing: a share of those in several cameras, by hash of their id.

    The hash, not the order, decides, so that a new person moves few of the others to the other part.
    """
    several = [p for p in persons if len({t.camera for t in p.tracklets}) > 1]
    several.sort(key=lambda person: sha256(str(person.identity).encode()).digest())
    return frozenset(person.number for person in several[: round(share * len(several) + 1e-9)])


def _crops(tables: Tables, tracklet: Tracklet) -> Iterator[Crop]:
    for crop in tables.project.crops(tracklet.id):
        if tracklet.start_idx <= crop.member.frame_idx <= tracklet.end_idx:
            yield crop


def _encoded(crop: Crop, naming: Naming) -> bytes:
    from reid_core import imaging

    image = imaging.inner_of(imaging.decode_png(crop.png), crop.inner)
    return imaging.encode_png(image) if naming is FREE else imaging.encode_jpeg(image, JPEG_QUALITY)


def _stock_points(facts: Facts) -> list[Point]:
    over_cameras = facts.n_cameras if facts.n_cameras > MAX_CAMERAS else 0
    over_persons = facts.n_identities if facts.n_identities > MAX_PERSONS else 0
    free = "market-free"
    return [
        warns("Cameras", f"usual readers take {MAX_CAMERAS} at most", over_cameras, free),
        warns("Persons", f"usual readers take {MAX_PERSONS} at most", over_persons, free),
        *_points(facts),
        converted("Pictures", f"the stored crops as JPEG, quality {JPEG_QUALITY}"),
    ]


def _points(facts: Facts) -> list[Point]:
    nobody = [stops("Identities", "nobody has one yet; accept some results first")]
    return [
        *(nobody if not facts.n_identities else ()),
        warns("Test part", "empty: nobody was seen by two cameras", 0 if facts.n_several_cameras else 1),
        kept("Identities", "numbered from 0001; persons.csv says who is who", facts.n_identities),
        converted("Seen by one camera only", "in the training part", facts.n_one_camera),
        converted("Time", "to frame numbers"),
        lost("Unassigned tracklets", "left out, unless taken as distractors", facts.n_unassigned),
        lost("Boxes", "only the stored crops of each tracklet", facts.n_boxes),
        lost("Different and unsure", "no field for them", facts.n_unsettled),
        lost("Camera clocks", "no field for offset and drift", facts.n_clocks),
        lost("Notes and tags", "no field for them", facts.n_notes),
    ]


def _names(facts: Facts) -> tuple[str, ...]:
    return (TRAIN, QUERY, GALLERY, PERSONS_FILE, CAMERAS_FILE)


MARKET = Format(
    key="market",
    title="Market-1501",
    about="crops for training and testing",
    group=Group.TRAINING,
    names=_names,
    points=_stock_points,
    write=partial(write, naming=STOCK),
    options=("distractors", "test_share"),
)
MARKET_FREE = Format(
    key="market-free",
    title="Market-1501, free",
    about="any number of cameras and persons, PNG",
    group=Group.TRAINING,
    names=_names,
    points=_points,
    write=partial(write, naming=FREE),
    options=("distractors", "test_share"),
)
