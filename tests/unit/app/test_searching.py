"""One search over a small project: ranks, impossible hits, dropped crops, why there is no answer."""

import numpy as np
import pytest

from app.searching import ALL_DROPPED, NOTHING_YET, find, nearest_example, read_picture
from app.views.results import Described
from app.workspace import QueryState
from reid_core.crops.descriptor import pool_descriptor
from reid_core.errors import UsageError
from reid_core.store.project import Project
from tests.unit.reid_core.store.build import SPACE, FakeSpace, embed_all, made, vector


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "case.sightline") as opened:
        yield opened


def similarities(results) -> dict[str, float]:
    return {row.tracklet: row.similarity for row in results.rows}


def test_all_hits_come_best_first_and_the_impossible_are_marked(project):
    results = find(project, QueryState(("c1s1t1",)))
    assert not results.problem
    expected = {name: float(vector(name) @ vector("c1s1t1")) for name in similarities(results)}
    assert list(similarities(results)) == sorted(expected, key=lambda name: -expected[name])
    assert {row.tracklet for row in results.rows if row.is_impossible} == {"c1s1t2", "c1s1t3"}
    assert (results.n_impossible, results.n_tracklets, results.model) == (2, 6, "fake")


def test_dropped_crops_do_not_count(project):
    results = find(project, QueryState(("c1s1t1",), dropped=frozenset({("c1s1t1", 0)})))
    crops = np.asarray(project.crop_vectors(SPACE.key, "c1s1t1"), np.float32)
    left = pool_descriptor(crops[1:], [project.crops("c1s1t1")[1].quality])
    assert similarities(results)["c2s1t2"] == pytest.approx(float(left @ vector("c2s1t2")), abs=2e-3)


def test_without_any_crop_left_it_says_so(project):
    results = find(project, QueryState(("c1s1t1",), dropped=frozenset({("c1s1t1", 0), ("c1s1t1", 1)})))
    assert (results.problem, results.rows) == (ALL_DROPPED, ())


def test_a_picture_is_an_example_too(project):
    picture = Described(SPACE.key, vector("c2s1t3"), b"")
    alone = find(project, QueryState(image=b"x"), picture)
    assert alone.rows[0].tracklet == "c2s1t3"
    assert alone.rows[0].similarity == pytest.approx(1.0, abs=2e-3)
    both = find(project, QueryState(("c1s1t1",), b"x"), picture)
    middle = vector("c2s1t3") + vector("c1s1t1")
    assert similarities(both)["c2s1t1"] == pytest.approx(
        float(middle @ vector("c2s1t1") / np.linalg.norm(middle)), abs=3e-3
    )


def test_a_picture_of_another_model_is_not_compared(project):
    results = find(project, QueryState(image=b"x"), Described("another", vector("c2s1t3"), b""))
    assert results.problem == "The picture was described for another model than fake."


def test_an_example_without_a_vector_says_how_many_have_one(tmp_path):
    with made(tmp_path / "p.sightline", embed=False) as project:
        results = find(project, QueryState(("c1s1t1",)))
        assert (results.problem, results.needs_vectors) == ("0 of 6 tracklets can be searched.", True)


def test_vectors_of_another_model_are_named(project):
    other = FakeSpace("other", "0b" * 32)
    with project.engine() as engine:
        engine.ensure_space(other)
    project.set_setting("search_space", other.key)
    results = find(project, QueryState(("c1s1t1",)))
    assert results.problem == "Searched with another model: T-1.1 has a vector of fake, not of other."
    assert results.needs_vectors
    with project.engine() as engine:
        embed_all(project, engine, other)
    assert len(find(project, QueryState(("c1s1t1",))).rows) == 5


def test_an_empty_project_and_a_lost_tracklet_are_explained(tmp_path, project):
    with Project.create(tmp_path / "empty.sightline") as empty:
        assert find(empty, QueryState(("c1s1t1",))).problem == NOTHING_YET
    assert find(project, QueryState(("c7s1t1",))).problem.startswith("T-7.1 is not there any more")


def test_a_decision_joins_the_example_that_is_most_like_the_hit(project):
    examples = ("c1s1t1", "c1s1t2", "c1s1t3")
    best = max(examples, key=lambda name: float(vector(name) @ vector("c2s1t2")))
    assert nearest_example(project, QueryState(examples), "c2s1t2") == best
    assert nearest_example(project, QueryState(image=b"x"), "c2s1t2") == ""


def test_picture_files_are_read_or_refused_in_a_sentence(tmp_path):
    file = tmp_path / "who.png"
    file.write_bytes(b"123")
    assert read_picture(file) == b"123"
    with pytest.raises(UsageError, match=r"gone\.png cannot be opened"):
        read_picture(tmp_path / "gone.png")
