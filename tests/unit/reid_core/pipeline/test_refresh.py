"""Edited tracklets get crops and vectors of what they are now; resumable, and without needless work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reid_core import imaging
from reid_core.errors import CancelledError
from reid_core.pipeline import annotate
from reid_core.pipeline import refresh as refreshing
from reid_core.pipeline.embed import embed_missing
from reid_core.pipeline.refresh import refresh
from reid_core.progress import CancelToken, Notice, Progress
from reid_core.store.project import Project
from tests.fakes.footage import BLUE, GREEN, RED, TWO_WALKERS, Walker, write_clip
from tests.fakes.ingest_child import run
from tests.fakes.models import ColorEmbedder

MODELS = {model.space.key: model for model in (ColorEmbedder(), ColorEmbedder("other", 0.1))}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """A project of one clip: a red walker, then a blue one; and a grey post that no detector finds."""
    folder = tmp_path_factory.mktemp("clip")
    clip = write_clip(folder / "gate.mp4", (*TWO_WALKERS, Walker(GREEN, (0, 0), (0, 0), 99, 99)), 90)
    path = folder / "p.sightline"
    run(path, {"gate": (clip,)})
    return path


@pytest.fixture
def project(ingested, tmp_path):
    """A copy of it, described by two models."""
    path = tmp_path / "p.sightline"
    shutil.copy(ingested, path)
    shutil.copytree(ingested.with_suffix(".sightline.d"), path.with_suffix(".sightline.d"))
    with Project.open(path) as opened:
        with opened.engine() as engine:
            list(embed_missing(opened, engine, list(MODELS.values())[1], CancelToken()))
        yield opened


def refreshed(project, cancel=None):
    with project.engine() as engine:
        return list(refresh(project, engine, lambda space: MODELS[space.key], cancel or CancelToken()))


def named(project, color) -> str:
    """Id of the tracklet whose first crop is mostly of a colour."""
    return next(t.id for t in project.tracklets() if shows(project, t.id, color))


def shows(project, tracklet_id, color, crop=0) -> bool:
    crops = project.crops(tracklet_id)
    image = imaging.inner_of(imaging.decode_png(crops[crop].png), crops[crop].inner)
    middle = image[image.shape[0] // 2, image.shape[1] // 2].astype(int)
    return bool(np.abs(middle - color).max() < 60)


def test_nothing_to_do_needs_no_model(project):
    assert project.stored.outdated() == []
    with project.engine() as engine:
        assert list(refresh(project, engine, lambda space: pytest.fail("no model"), CancelToken())) == []


def test_both_parts_of_a_split_get_crops_and_vectors_in_every_space(project):
    red = named(project, RED)
    new = annotate.split(project, red, 40).tracklets[0]
    assert {name for name, _ in project.stored.outdated()} == {red, new}
    events = refreshed(project)
    assert project.stored.outdated() == []
    assert [e.total for e in events if isinstance(e, Progress)] == [2, 2, 2, 2]
    for part, first, last in ((red, 0, 39), (new, 40, 79)):
        crops = project.crops(part)
        assert len(crops) == 8  # as many as an ingest chooses, not only those that it had before
        assert all(first <= crop.member.frame_idx <= last for crop in crops)
        for key in MODELS:
            assert part in project.descriptors(key)[0]
            assert len(project.crop_vectors(key, part)) == 8


def test_a_moved_box_is_looked_at_in_the_footage(project):
    red = named(project, RED)
    annotate.end_here(project, red, 0)
    at = TWO_WALKERS[1].box(30)
    new = annotate.draw(project, project.sources()[0].id, 30, at).tracklets[0]
    refreshed(project)
    (crop,) = project.crops(new)
    assert (crop.member.frame_idx, crop.member.detection_idx) == (30, -1)
    assert crop.quality > 0
    assert shows(project, new, BLUE)
    vectors = dict(zip(*project.descriptors(ColorEmbedder().space.key), strict=True))
    assert float(vectors[new] @ vectors[named(project, BLUE)]) > 0.99


def test_undo_makes_old_crops_hold_again_and_only_their_vectors_are_made_anew(project):
    red = named(project, RED)
    before = [crop.png for crop in project.crops(red)]
    annotate.end_here(project, red, 20)
    refreshed(project)
    project.undo()
    assert [crop.png for crop in project.crops(red)] == before
    assert project.stored.outdated_crops() == []
    assert [name for name, _ in project.stored.outdated()] == [red]
    refreshed(project)
    assert project.stored.outdated() == []
    project.redo()
    assert project.stored.outdated_crops() == []


def test_a_cancelled_run_keeps_what_it_has_done_and_the_next_one_ends_it(project):
    red = named(project, RED)
    annotate.split(project, red, 40)
    cancel = CancelToken()
    with project.engine() as engine:
        steps = refresh(project, engine, lambda space: MODELS[space.key], cancel)
        next(steps)
        cancel.cancel()
        with pytest.raises(CancelledError):
            next(steps)
    assert len(project.stored.outdated_crops()) == 1
    with Project.open(project.path) as again:
        refreshed(again)
        assert again.stored.outdated() == []


CHILD = """
import sys, time
from pathlib import Path
from reid_core.pipeline.refresh import refresh
from reid_core.progress import CancelToken
from reid_core.store.project import Project
with Project.open(Path(sys.argv[1])) as project, project.engine() as engine:
    for _ in refresh(project, engine, None, CancelToken()):
        print("one is done", flush=True)
        time.sleep(600)
"""


def test_a_killed_run_keeps_what_it_has_done_and_the_next_one_ends_it(project):
    annotate.split(project, named(project, RED), 40)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(project.path)], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "one is done\n"
        child.kill()
    assert len(project.stored.outdated_crops()) == 1
    refreshed(project)
    assert project.stored.outdated() == []


def test_crops_that_are_stored_already_need_no_footage(project, monkeypatch):
    red = named(project, RED)
    members = sorted(crop.member.frame_idx for crop in project.crops(red))
    annotate.delete_boxes(project, red, next(n for n in range(80) if n not in members))
    monkeypatch.setattr(refreshing, "open_footage", lambda *_: pytest.fail("opened the footage"))
    refreshed(project)
    assert project.stored.outdated() == []


def test_without_the_footage_old_crops_stay_and_the_tracklet_can_still_be_found(project):
    red = named(project, RED)
    new = annotate.split(project, red, 40).tracklets[0]
    footage = project.sources()[0].path
    hidden = Path(footage).rename(Path(footage).with_suffix(".away"))
    try:
        events = refreshed(project)
    finally:
        hidden.rename(footage)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert (notice.part, notice.level) == ("gate", "warning")
    assert "gone" in notice.text
    key = ColorEmbedder().space.key
    assert {red, new} <= set(project.descriptors(key)[0])
    assert {name for name, _ in project.stored.outdated_crops()} == {red, new}
    refreshed(project)
    assert project.stored.outdated() == []
    assert len(project.crops(new)) == 8


def test_an_edit_while_it_runs_waits_for_the_next_run(project):
    red = named(project, RED)
    annotate.split(project, red, 40)
    with Project.open(project.path) as window, project.engine() as engine:
        for n, _ in enumerate(refresh(project, engine, lambda space: MODELS[space.key], CancelToken())):
            if n == 0:
                annotate.merge(window, [t.id for t in window.tracklets()])
    assert len(project.tracklets()) == 1
    assert [name for name, _ in project.stored.outdated()] == [project.tracklets()[0].id]
    refreshed(project)
    assert project.stored.outdated() == []


def test_what_was_forgotten_leaves_no_drawn_crop_behind(project):
    new = annotate.draw(project, project.sources()[0].id, 85, TWO_WALKERS[1].box(85)).tracklets[0]
    refreshed(project)
    png = project.crops(new)[0].png
    red = named(project, RED)
    annotate.merge(project, [red, new])
    assert png in (project.sidecar / "crops.pack").read_bytes()
    project.forget([red])
    assert png not in (project.sidecar / "crops.pack").read_bytes()
