"""Boxes: conversions are inverse, overlap is bounded and symmetric, clipping stays inside."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reid_core import geometry, imaging

corner = st.floats(-5000, 5000, width=32)


def boxes(min_size: int = 0, max_size: int = 8) -> st.SearchStrategy[np.ndarray]:
    """Boxes with their corners in any order, as a careless detector may give them."""
    return st.integers(min_size, max_size).flatmap(
        lambda n: hnp.arrays(np.float32, (n, 4), elements=corner, fill=st.nothing())
    )


def _ordered(raw: np.ndarray) -> np.ndarray:
    return np.concatenate([np.minimum(raw[:, :2], raw[:, 2:]), np.maximum(raw[:, :2], raw[:, 2:])], axis=1)


@given(boxes())
def test_conversions_are_inverse(xyxy: np.ndarray) -> None:
    back = geometry.xyxy_from_xywh(geometry.xywh_from_xyxy(xyxy))
    np.testing.assert_allclose(back, xyxy, atol=2e-3)


@given(boxes(), boxes())
def test_overlap_is_bounded_and_symmetric(a: np.ndarray, b: np.ndarray) -> None:
    iou = geometry.iou(a, b)
    assert iou.shape == (len(a), len(b))
    assert (iou >= 0).all()
    assert (iou <= 1 + 1e-4).all()
    np.testing.assert_allclose(iou, geometry.iou(b, a).T, rtol=1e-4, atol=1e-6)
    assert (
        geometry.intersection(a, b) <= np.minimum.outer(geometry.area(a), geometry.area(b)) * (1 + 1e-5)
    ).all()


@given(boxes(min_size=1))
def test_a_box_with_area_overlaps_itself_wholly(raw: np.ndarray) -> None:
    xyxy = _ordered(raw)
    whole = np.diag(geometry.iou(xyxy, xyxy))
    np.testing.assert_allclose(whole[geometry.area(xyxy) > 0], 1, rtol=1e-4)
    assert (whole[geometry.area(xyxy) == 0] == 0).all()


@given(boxes(), st.integers(1, 4000), st.integers(1, 4000))
def test_clipping_stays_inside_and_changes_nothing_twice(raw: np.ndarray, width: int, height: int) -> None:
    inside = geometry.clip(_ordered(raw), width, height)
    assert (inside[:, [0, 2]] >= 0).all()
    assert (inside[:, [0, 2]] <= width).all()
    assert (inside[:, [1, 3]] <= height).all()
    assert (geometry.area(inside) <= geometry.area(_ordered(raw)) + 1e-3).all()
    np.testing.assert_array_equal(geometry.clip(inside, width, height), inside)


@given(
    hnp.arrays(np.float32, 4, elements=st.floats(width=32), fill=st.nothing()),
    st.integers(1, 90),
    st.integers(1, 70),
    st.integers(1, 64),
)
def test_any_box_of_any_frame_gives_a_patch(
    xyxy: np.ndarray, width: int, height: int, max_width: int
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    patch = imaging.cut(image, xyxy, max_width=max_width)
    x1, y1, x2, y2 = patch.inner
    assert patch.image.shape[1] <= max_width
    assert 0 <= x1 < x2 <= patch.image.shape[1]
    assert 0 <= y1 < y2 <= patch.image.shape[0]
    assert imaging.inner_image(patch).shape == (y2 - y1, x2 - x1, 3)
