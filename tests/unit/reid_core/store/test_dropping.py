"""Vectors of a model go, those of the others stay, and they can be made again."""

from dataclasses import replace

import pytest

from reid_core.cli.main import main
from reid_core.errors import UsageError
from reid_core.pipeline.models import SEARCH_SPACE, drop_vectors
from reid_core.store.project import Project
from tests.unit.reid_core.store.build import SPACE, add_source, embed_all, fill

OTHER = replace(SPACE, name="other", key="e1" * 32)


@pytest.fixture
def project(tmp_path):
    """Three tracklets with the vectors of two models; ``fake`` is searched."""
    with Project.create(tmp_path / "p.sightline") as project:
        source = add_source(project, "gate")
        with project.engine() as engine:
            fill(project, engine, source)
            embed_all(project, engine, OTHER)
        project.set_setting(SEARCH_SPACE, SPACE.key)
        yield project


def test_the_others_stay_and_the_files_go(project):
    ids, matrix = project.descriptors(SPACE.key)
    assert len(list((project.sidecar / "vectors").iterdir())) == 4
    assert drop_vectors(project, "other").key == OTHER.key
    assert [space.name for space in project.spaces()] == ["fake"]
    assert len(list((project.sidecar / "vectors").iterdir())) == 2
    again, kept = project.descriptors(SPACE.key)
    assert again == ids
    assert (kept == matrix).all()


def test_they_can_be_made_again(project):
    before = project.descriptors(OTHER.key)[1].copy()
    drop_vectors(project, OTHER.key)
    with project.engine() as engine:
        assert project.undescribed_tracklets(engine.ensure_space(OTHER).key)
        embed_all(project, engine, OTHER)
    assert (project.descriptors(OTHER.key)[1] == before).all()


def test_an_engine_that_has_written_them_can_drop_them(project):
    with project.engine() as engine:
        space = engine.ensure_space(OTHER)
        engine.drop_space(space)
        embed_all(project, engine, OTHER)
    assert len(project.descriptors(OTHER.key)[0]) == 3


def test_what_is_searched_and_what_is_not_there_stays(project, capsys):
    with pytest.raises(UsageError, match="searched with"):
        drop_vectors(project, "fake")
    with pytest.raises(UsageError, match="vectors of fake, other"):
        drop_vectors(project, "third")
    assert main(["drop-vectors", str(project.path), "other"]) == 0
    assert "other are gone" in capsys.readouterr().out


def test_a_projects_own_model_is_found_where_the_project_is_now(tmp_path):
    from reid_core.pipeline.models import _where_now

    with Project.create(tmp_path / "p.sightline") as project:
        own = project.sidecar / "models" / "p run 1.safetensors"
        own.parent.mkdir(parents=True)
        own.write_bytes(b"x")
        for gone in ("/old/p.sightline.d/models/p run 1.safetensors", r"C:\old\models\p run 1.safetensors"):
            assert _where_now(project, gone) == str(own)
        assert _where_now(project, "/old/models/other.safetensors") == "/old/models/other.safetensors"
        assert _where_now(project, "light") == "light"
        assert _where_now(project, None) is None
