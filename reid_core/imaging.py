"""Pictures: patches cut out of frames, PNG and JPEG bytes, picture files that a user names, thumbnails.

Images are RGB uint8 ``(H, W, 3)`` on every side of this module; BGR order exists only inside it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from reid_core.errors import SourceError, UsageError
from reid_core.types import FloatArray, ImageArray

if TYPE_CHECKING:
    from PIL.Image import Image as PictureFile

PAD = 0.1
MAX_PATCH_WIDTH_PX = 256
MAX_QUERY_PIXELS = 64_000_000
MAX_QUERY_BYTES = 256 * 2**20
QUERY_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")

Inner = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Patch:
    """A person box cut out of a frame with a margin, at most 256 pixels wide.

    Attributes:
        image: RGB uint8, at least 1 x 1, its own memory (the frame can be freed).
        inner: ``x1, y1, x2, y2`` of the box without margin, whole pixels inside ``image``, at least 1 x 1.
    """

    image: ImageArray
    inner: Inner


def cut(
    image: ImageArray,
    xyxy: FloatArray | Sequence[float],
    pad: float = PAD,
    max_width: int = MAX_PATCH_WIDTH_PX,
) -> Patch:
    """Cut a box out of a frame, with a margin, scaled down when it is too wide. Never fails on a strange box.

    Corners are rounded outwards to whole pixels. What lies outside the frame is left out; a box without area,
    or wholly outside, gives the pixel nearest to it, and a corner that is no number counts as 0.

    Args:
        image: The frame, RGB uint8.
        xyxy: ``(4,)`` corners in pixels of the frame.
        pad: Margin on each side, as a fraction of the box's width and height.
        max_width: Widest patch, pixels.
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = np.nan_to_num(np.asarray(xyxy, np.float64), posinf=1e9, neginf=-1e9).tolist()
    left, right = _span(x1, x2, width)
    top, bottom = _span(y1, y2, height)
    margin_x, margin_y = pad * max(x2 - x1, 0), pad * max(y2 - y1, 0)
    outer_left, outer_right = max(math.floor(x1 - margin_x), 0), min(math.ceil(x2 + margin_x), width)
    outer_top, outer_bottom = max(math.floor(y1 - margin_y), 0), min(math.ceil(y2 + margin_y), height)
    outer_left, outer_right = min(outer_left, left), max(outer_right, right)
    outer_top, outer_bottom = min(outer_top, top), max(outer_bottom, bottom)
    patch = image[outer_top:outer_bottom, outer_left:outer_right]
    scale = min(1.0, max_width / patch.shape[1])
    if scale < 1:
        size = (max_width, max(1, round(patch.shape[0] * scale)))
        patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA)
    else:
        patch = patch.copy()
    inner_x = _span((left - outer_left) * scale, (right - outer_left) * scale, patch.shape[1], nearest=True)
    inner_y = _span((top - outer_top) * scale, (bottom - outer_top) * scale, patch.shape[0], nearest=True)
    return Patch(patch, (inner_x[0], inner_y[0], inner_x[1], inner_y[1]))


def inner_of(image: ImageArray, inner: Inner) -> ImageArray:
    """The part of a stored patch that is embedded: the box without its margin."""
    x1, x2 = _span(inner[0], inner[2], image.shape[1], nearest=True)
    y1, y2 = _span(inner[1], inner[3], image.shape[0], nearest=True)
    return np.ascontiguousarray(image[y1:y2, x1:x2])


def inner_image(patch: Patch) -> ImageArray:
    """`inner_of` of a patch."""
    return inner_of(patch.image, patch.inner)


def encode_png(image: ImageArray) -> bytes:
    """The picture as PNG bytes, lossless, compressed for speed."""
    ok, data = cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not ok:
        raise ValueError(f"a picture of shape {image.shape} cannot be written as PNG")
    return bytes(data.tobytes())


def encode_jpeg(image: ImageArray, quality: int = 90) -> bytes:
    """The picture as JPEG bytes, for display and export only, never for embedding."""
    ok, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"a picture of shape {image.shape} cannot be written as JPEG")
    return bytes(data.tobytes())


def decode_png(data: bytes) -> ImageArray:
    """The picture that `encode_png` wrote, equal to the last bit.

    Raises:
        SourceError: The bytes are damaged.
    """
    image = None
    if data:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError("A stored crop is damaged and cannot be read. Ingest its camera again.")
    return np.ascontiguousarray(image[..., ::-1])


def thumbnail(image: ImageArray, max_width: int, max_height: int) -> ImageArray:
    """The whole picture scaled down to fit; a picture that fits already is returned as it is."""
    height, width = image.shape[:2]
    scale = min(max_width / width, max_height / height)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled: ImageArray = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return scaled


def read_image(path: Path | str) -> ImageArray:
    """Read a picture file that a user names as a query, upright (EXIF orientation applied).

    The format is found by content, never by name. JPEG, PNG, WebP, BMP, TIFF and GIF (its first picture).

    Raises:
        UsageError: There is no such file, it is no picture, or it is larger than 64 million pixels.
        SourceError: The picture is cut off or damaged.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    path = Path(path)
    if not path.is_file():
        raise UsageError(f"There is no picture file {path}.")
    try:
        n_bytes = path.stat().st_size
        data = path.open("rb")
    except OSError as error:
        raise SourceError(f"{path.name} cannot be opened: {error.strerror}.") from error
    if n_bytes > MAX_QUERY_BYTES:
        data.close()
        raise UsageError(f"{path.name} is larger than {MAX_QUERY_BYTES // 2**20} MB. Give a smaller picture.")
    with data, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of remarks about metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            picture = Image.open(data, formats=QUERY_FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _too_large(path) from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise UsageError(
                f"{path.name} is no picture that can be read (JPEG, PNG, WebP, BMP, TIFF or GIF)."
            ) from error
        if picture.width * picture.height > MAX_QUERY_PIXELS:
            raise _too_large(path)
        try:
            picture.load()
        except Exception as error:  # decoders raise many kinds on hostile bytes; each means the same
            raise SourceError(f"{path.name} is cut off or damaged. Save the picture anew.") from error
        try:
            upright = ImageOps.exif_transpose(picture)
        except Exception:  # a damaged EXIF block says nothing about the pixels
            upright = picture
        return _rgb(upright)


def _rgb(picture: PictureFile) -> ImageArray:
    """8-bit RGB; what is transparent becomes mid-grey, 16-bit grey is scaled."""
    from PIL import Image

    if picture.mode.startswith("I"):
        grey = np.asarray(picture, np.float64) / 257
        return np.repeat(np.clip(grey, 0, 255).round().astype(np.uint8)[..., None], 3, axis=2)
    if "A" in picture.getbands() or "transparency" in picture.info:
        ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
        picture = Image.alpha_composite(ground, picture.convert("RGBA"))
    return np.array(picture.convert("RGB"))


def _too_large(path: Path) -> UsageError:
    return UsageError(
        f"{path.name} has more than {MAX_QUERY_PIXELS // 10**6} million pixels. Give a smaller picture."
    )


def _span(low: float, high: float, size: int, *, nearest: bool = False) -> tuple[int, int]:
    """Whole pixels of an interval inside 0..size, never empty; rounded outwards unless ``nearest``."""
    first, last = (round(low), round(high)) if nearest else (math.floor(low), math.ceil(high))
    first = min(max(first, 0), size - 1)
    return first, min(max(last, first + 1), size)
