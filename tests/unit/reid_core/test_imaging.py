"""Patches, lossless storage, picture files of every kind that a user may name."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core import imaging
from reid_core.errors import SourceError, UsageError


def _ramp(width: int = 640, height: int = 480) -> np.ndarray:
    """A picture in which every pixel tells its place: red = x % 256, green = y % 256."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x + y) % 256], axis=2).astype(np.uint8)


def test_cut_pads_by_a_tenth_and_knows_the_box_inside() -> None:
    patch = imaging.cut(_ramp(), [100, 50, 200, 250])
    assert patch.inner == (10, 20, 110, 220)
    np.testing.assert_array_equal(patch.image, _ramp()[30:270, 90:210])
    np.testing.assert_array_equal(imaging.inner_image(patch), _ramp()[50:250, 100:200])


def test_cut_rounds_outwards_and_stops_at_the_frame() -> None:
    patch = imaging.cut(_ramp(), np.array([0.4, -30.0, 50.6, 100.2], np.float32))
    np.testing.assert_array_equal(imaging.inner_image(patch), _ramp()[0:101, 0:51])
    assert patch.inner[:2] == (0, 0)


def test_cut_scales_wide_boxes_and_their_inner_box() -> None:
    patch = imaging.cut(_ramp(), [100, 40, 500, 440])
    assert patch.image.shape[1] == imaging.MAX_PATCH_WIDTH_PX
    x1, y1, x2, y2 = patch.inner
    assert (x2 - x1) / 256 == pytest.approx(400 / 480, abs=0.01)
    assert (y2 - y1) / (x2 - x1) == pytest.approx(1, abs=0.01)
    inner = imaging.inner_image(patch)
    np.testing.assert_allclose(inner[50, 50], _ramp()[round(40 + 50 * 480 / 256), 194], atol=3)


def test_a_patch_does_not_hold_its_frame_in_memory() -> None:
    frame = _ramp()
    assert not np.shares_memory(imaging.cut(frame, [10, 10, 60, 90]).image, frame)


@pytest.mark.parametrize(
    ("box", "pixel"),
    [
        ((100, 100, 100, 100), (100, 100)),
        ((300, 200, 100, 100), (300, 200)),
        ((-90, -90, -10, -10), (0, 0)),
        ((5000, 5000, 6000, 6000), (639, 479)),
        ((np.nan, np.nan, np.nan, np.nan), (0, 0)),
        ((np.inf, 20, np.inf, 20), (639, 20)),
        ((1e30, 1e30, 1e30, 1e30), (639, 479)),
    ],
)
def test_a_strange_box_gives_the_nearest_pixel(box: tuple[float, ...], pixel: tuple[int, int]) -> None:
    inner = imaging.inner_image(imaging.cut(_ramp(), np.array(box)))
    np.testing.assert_array_equal(inner, _ramp()[pixel[1], pixel[0]][None, None])


def test_an_infinite_box_is_the_whole_frame() -> None:
    patch = imaging.cut(_ramp(), [-np.inf, -np.inf, np.inf, np.inf], max_width=1000)
    assert patch.image.shape == (480, 640, 3)
    assert patch.inner == (0, 0, 640, 480)


def test_a_box_one_pixel_wide_in_a_wide_patch_stays() -> None:
    patch = imaging.cut(_ramp(), [10, 10, 5000, 10.2], max_width=8)
    assert imaging.inner_image(patch).shape[0] >= 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 300, 3), (301, 4, 3)])
def test_png_is_lossless(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = imaging.encode_png(image)
    assert data.startswith(b"\x89PNG")
    np.testing.assert_array_equal(imaging.decode_png(data), image)
    with Image.open(io.BytesIO(data)) as read:  # RGB for others as well
        np.testing.assert_array_equal(np.asarray(read), image)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_damaged_crop_is_named(data: bytes) -> None:
    with pytest.raises(SourceError, match="damaged"):
        imaging.decode_png(data)


def test_jpeg_keeps_the_order_of_colours() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    with Image.open(io.BytesIO(imaging.encode_jpeg(red))) as read:
        np.testing.assert_allclose(np.asarray(read), red, atol=6)


def test_thumbnail_fits_and_never_grows() -> None:
    assert imaging.thumbnail(_ramp(), 100, 100).shape == (75, 100, 3)
    assert imaging.thumbnail(_ramp(2000, 1), 100, 100).shape == (1, 100, 3)
    small = _ramp(20, 30)
    assert imaging.thumbnail(small, 100, 100) is small


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "gif", "jpg"])
def test_picture_files_of_every_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"人物 é.{suffix}"
    flat = np.full((40, 30, 3), (200, 30, 90), np.uint8)
    Image.fromarray(flat).save(path)
    np.testing.assert_allclose(imaging.read_image(path), flat, atol=8)
    assert imaging.read_image(str(path)).dtype == np.uint8


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.txt"
    Image.fromarray(_ramp(8, 6)).save(path, format="PNG")
    np.testing.assert_array_equal(imaging.read_image(path), _ramp(8, 6))


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    path = tmp_path / "turned.png"
    Image.fromarray(_ramp(40, 20)).save(path, exif=exif)
    np.testing.assert_array_equal(imaging.read_image(path), np.rot90(_ramp(40, 20), -1))


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "RGBA", "I;16", "YCbCr"])
def test_every_pixel_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("picture.jpg" if mode in {"CMYK", "YCbCr"} else "picture.png")
    if mode == "I;16":
        Image.fromarray(np.full((20, 10), 128 * 257, np.uint16)).save(path)
    elif mode == "LA":
        Image.new("LA", (10, 20), (128, 255)).save(path)
    else:
        Image.new("RGB", (10, 20), (128, 128, 128)).convert(mode, dither=Image.Dither.NONE).save(path)
    image = imaging.read_image(path)
    assert image.shape == (20, 10, 3)
    expected = {"1": 255, "P": 153}.get(mode, 128)  # black or white; the web palette's grey
    np.testing.assert_allclose(image.astype(float), expected, atol=4)


def test_what_is_transparent_becomes_grey(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert (imaging.read_image(tmp_path / "a.png") == 128).all()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF8",
        b"%PDF-1.4",
        b"\0" * 5000,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"#EXTM3U\n/etc/x",
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "query.jpg"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"query\.jpg is no picture"):
        imaging.read_image(path)


@pytest.mark.parametrize("name", ["absent.png", "."])
def test_no_file_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no picture file"):
        imaging.read_image(tmp_path / name)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_picture_cut_in_the_middle_is_said_to_be_damaged(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)).save(whole)
    path = tmp_path / f"half.{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises((SourceError, UsageError), match=r"half\.\w+ is (cut off|no picture)"):
        imaging.read_image(path)


@pytest.mark.parametrize("side", [9000, 12000, 20000])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (side, side)).save(path, compress_level=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UsageError, match="million pixels"):
            imaging.read_image(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(imaging.MAX_QUERY_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 256 MB"):
        imaging.read_image(path)


def test_a_picture_with_damaged_exif_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(_ramp(16, 16)).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert imaging.read_image(path).shape == (16, 16, 3)
