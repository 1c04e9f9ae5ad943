"""Contact sheets: the crops of a person in order of time on one picture, each with camera and time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reid_core.pipeline.export.base import Format, Group, Point, converted, kept, lost, shown
from reid_core.pipeline.export.caption import Lettering
from reid_core.pipeline.export.clips import camera_label
from reid_core.pipeline.export.facts import Facts
from reid_core.pipeline.export.file_names import file_name
from reid_core.pipeline.export.pictures import Picture, pictures
from reid_core.pipeline.export.tables import Person, Tables
from reid_core.pipeline.wording import clock_text
from reid_core.types import ImageArray

FOLDER = "contact-sheets"
CELL_WIDTH_PX, CELL_HEIGHT_PX, GAP_PX, FONT_PX = 128, 256, 8, 12
COLUMNS, ROWS = 10, 12
CROPS_PER_TRACKLET = 4
GROUND = 32
JPEG_QUALITY = 92


def write(tables: Tables, folder: Path) -> None:
    """Write ``contact-sheets/<person>.jpg``; what does not fit on one page goes on ``<person>_2.jpg``."""
    from reid_core import imaging

    (folder / FOLDER).mkdir()
    tables = tables.of_people()
    letters = Lettering(FONT_PX)
    total = sum(len(person.tracklets) for person in tables.persons)
    done = 0
    taken: set[str] = set()
    for person in tables.persons:
        cells: list[tuple[Picture, str]] = []
        for tracklet in person.tracklets:
            tables.watch(done, total)
            done += 1
            camera = camera_label(tables, tracklet.camera, letters)
            cells += [(p, camera) for p in pictures(tables, person, tracklet, CROPS_PER_TRACKLET)]
        cells.sort(key=lambda cell: cell[0].common_ms)
        stem = file_name(person.label)
        stem = stem if stem not in taken else f"{stem}_{person.number}"
        taken.add(stem)
        for page, first in enumerate(range(0, len(cells), COLUMNS * ROWS), 1):
            image = _page(person, cells[first : first + COLUMNS * ROWS], page, letters)
            name = f"{stem}.jpg" if page == 1 else f"{stem}_{page}.jpg"
            (folder / FOLDER / name).write_bytes(imaging.encode_jpeg(image, JPEG_QUALITY))
    tables.watch(total, total)


def _page(person: Person, cells: Sequence[tuple[Picture, str]], page: int, letters: Lettering) -> ImageArray:
    line, across, down = letters.line_px, CELL_WIDTH_PX + GAP_PX, CELL_HEIGHT_PX + GAP_PX
    down += 2 * line
    n_columns = min(len(cells), COLUMNS)
    n_rows = -(-len(cells) // COLUMNS)
    sheet = np.full((2 * line + GAP_PX + n_rows * down, GAP_PX + n_columns * across, 3), GROUND, np.uint8)
    title = person.label if page == 1 else f"{person.label}, page {page}"
    title = title if letters.knows(title) else f"Person {person.number}"
    letters.write(sheet, letters.fit(title, sheet.shape[1] - line), 0, line // 4)
    for n, (picture, camera) in enumerate(cells):
        left, top = GAP_PX + n % COLUMNS * across, 2 * line + n // COLUMNS * down
        image = _fitted(picture.image)
        height, width = image.shape[:2]
        sheet[top + CELL_HEIGHT_PX - height : top + CELL_HEIGHT_PX, left : left + width] = image
        for row, text in enumerate((camera, clock_text(picture.common_ms))):
            fitted = letters.fit(text, CELL_WIDTH_PX - line // 2)
            letters.write(sheet, fitted, left, top + CELL_HEIGHT_PX + row * line)
    return sheet


def _fitted(image: ImageArray) -> ImageArray:
    """As large as it can be inside a cell."""
    import cv2

    height, width = image.shape[:2]
    scale = min(CELL_WIDTH_PX / width, CELL_HEIGHT_PX / height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled: ImageArray = cv2.resize(image, size, interpolation=way)
    return scaled


def _points(facts: Facts) -> list[Point]:
    return [
        *shown(facts),
        kept("Persons", "a picture each, crops in order of time", facts.n_shown_persons),
        kept("Camera and common clock", "written under each crop"),
        converted("Pictures", f"up to {CROPS_PER_TRACKLET} stored crops of a tracklet, as JPEG"),
        lost("Boxes", "only crops", facts.n_boxes),
        lost("Decisions", "no field for them", facts.n_verdicts),
        lost("Notes and tags", "no field for them", facts.n_notes),
    ]


SHEETS = Format(
    key="sheets",
    title="Contact sheets",
    about="the crops of a person on one picture",
    group=Group.PEOPLE,
    names=lambda facts: [FOLDER],
    points=_points,
    write=write,
    options=("blur",),
)
