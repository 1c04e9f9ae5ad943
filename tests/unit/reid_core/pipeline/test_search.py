"""Search ranks tracklets, leaves out the query and the impossible, and says how many."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import UsageError
from reid_core.pipeline.search import Query, SearchOptions, search, tracklet_query
from tests.unit.reid_core.store.build import SPACE, made, vector


@pytest.fixture
def project(tmp_path):
    with made(tmp_path / "case.sightline") as opened:
        yield opened


def ids(result) -> list[str]:
    return [hit.span.tracklet for hit in result.hits]


def test_hits_are_ranked_by_cosine(project):
    query = Query(vector("c2s1t2")[None])
    result = search(project, SPACE.key, query, SearchOptions())
    assert ids(result)[0] == "c2s1t2"
    assert result.hits[0].similarity == pytest.approx(1.0, abs=2e-3)
    expected = {name: float(vector(name) @ vector("c2s1t2")) for name in ids(result)}
    assert ids(result) == sorted(expected, key=lambda name: -expected[name])
    assert len(result.hits) == 6


def test_only_the_query_itself_is_left_out_with_all(project):
    query = tracklet_query(project, SPACE.key, ["c1s1t1"])
    result = search(project, SPACE.key, query, SearchOptions(impossible=True))
    assert sorted(ids(result)) == ["c1s1t2", "c1s1t3", "c2s1t1", "c2s1t2", "c2s1t3"]
    assert result.n_impossible == 0


def test_the_same_camera_at_the_same_time_is_impossible(project):
    query = tracklet_query(project, SPACE.key, ["c1s1t1"])
    result = search(project, SPACE.key, query, SearchOptions())
    assert sorted(ids(result)) == ["c2s1t1", "c2s1t2", "c2s1t3"]
    assert result.n_impossible == 2


def test_filters_by_camera_and_time(project):
    query = tracklet_query(project, SPACE.key, ["c1s1t1"])
    result = search(project, SPACE.key, query, SearchOptions(cameras=("gate",), impossible=True))
    assert sorted(ids(result)) == ["c1s1t2", "c1s1t3"]
    assert result.n_filtered == 3
    assert not search(project, SPACE.key, query, SearchOptions(from_ms=60_000)).hits
    assert not search(project, SPACE.key, query, SearchOptions(to_ms=-1)).hits
    project.set_clock("hall", 60_000)
    assert len(search(project, SPACE.key, query, SearchOptions(from_ms=60_000)).hits) == 3


def test_several_examples_are_averaged(project):
    query = tracklet_query(project, SPACE.key, ["c1s1t1", "c1s1t2"])
    result = search(project, SPACE.key, query, SearchOptions(impossible=True))
    mean = vector("c1s1t1") + vector("c1s1t2")
    mean /= np.linalg.norm(mean)
    for hit in result.hits:
        assert hit.similarity == pytest.approx(float(mean @ vector(hit.span.tracklet)), abs=2e-3)


@pytest.mark.parametrize(
    "options",
    [SearchOptions(rerank=True), SearchOptions(expand=True), SearchOptions(rerank=True, expand=True)],
)
def test_better_rankings_keep_every_hit_in_falling_order(project, options):
    query = tracklet_query(project, SPACE.key, ["c1s1t1"])
    result = search(project, SPACE.key, query, options)
    assert sorted(ids(result)) == ["c2s1t1", "c2s1t2", "c2s1t3"]
    similarities = [hit.similarity for hit in result.hits]
    assert similarities == sorted(similarities, reverse=True)


def test_unknown_tracklets_are_refused_with_what_to_do(project):
    with pytest.raises(UsageError, match="no tracklet 'c9s9t9'"):
        tracklet_query(project, SPACE.key, ["c9s9t9"])


def test_tracklets_without_vectors_are_counted(tmp_path):
    with made(tmp_path / "bare.sightline", embed=False) as project:
        with project.engine() as engine:
            engine.ensure_space(SPACE)
        result = search(project, SPACE.key, Query(vector("x")[None]), SearchOptions())
        assert not result.hits
        assert result.n_undescribed == 6
        with pytest.raises(UsageError, match="no vector"):
            tracklet_query(project, SPACE.key, ["c1s1t1"])
