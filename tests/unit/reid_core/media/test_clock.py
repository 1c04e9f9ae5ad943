"""From camera time to common time and back."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.media import clock
from reid_core.media.clock import CameraClock, file_starts_ms
from reid_core.media.source import open_source
from tests.unit.reid_core.media.clips import write_clip


def test_the_examples_of_the_documentation():
    assert doctest.testmod(clock).failed == 0


@given(
    st.floats(-1e12, 1e12), st.floats(-1e5, 1e5), st.floats(0, 1e10)
)  # 30 years of offset, a tenth of drift, 100 days of footage
def test_there_and_back(offset_ms, drift_ppm, t_ms):
    camera = CameraClock(offset_ms, drift_ppm)
    assert camera.media_ms(camera.common_ms(t_ms)) == pytest.approx(t_ms, abs=1e-3)


def test_offset_and_drift():
    assert CameraClock().common_ms(1234.5) == 1234.5
    assert CameraClock(offset_ms=-1500).common_ms(0) == -1500
    assert CameraClock(drift_ppm=50).common_ms(3_600_000) == pytest.approx(3_600_180)


@pytest.mark.parametrize("drift", [-1e6, -2e6, float("nan")])
def test_a_clock_that_stands_still_is_refused(drift):
    with pytest.raises(ValueError, match="stop the clock"):
        CameraClock(drift_ppm=drift)


def test_files_of_a_camera_follow_one_another(tmp_path):
    files = [
        write_clip(tmp_path / f"{i}.mp4", n, rate=rate)
        for i, (n, rate) in enumerate([(50, 25), (30, 10), (5, 25)])
    ]
    durations = [open_source(path, "gate").info.duration_ms for path in files]
    assert file_starts_ms(durations) == pytest.approx((0, 2000, 5000))
    assert file_starts_ms([]) == ()
