"""Folders of pictures as a source of frames."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import (  # the plugins by name, so that no other reader is ever loaded
    BmpImagePlugin,  # noqa: F401
    Image,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from reid_core.errors import SourceError
from reid_core.media import limits
from reid_core.media.files import open_regular, shown
from reid_core.media.fingerprint import fingerprint
from reid_core.media.folder import DEFAULT_FPS, PictureList, list_pictures
from reid_core.media.picture import fit
from reid_core.media.source import SourceEnd, SourceInfo, TimeArray
from reid_core.types import Frame, ImageArray, IntArray

_TURNED_BY_EXIF = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_EXIF_ORIENTATION = 0x0112


class ImageSource:
    """A folder of pictures; implements `reid_core.media.source.FrameSource`.

    The pts of a picture is its rank in the natural order of the names, unreadable ones counted, in units of
    one frame interval. The first readable picture decides the size; others are scaled into it, with black
    bars. A picture that cannot be read is left out, its rank with it, and makes the end `SourceEnd.BROKEN`.
    """

    def __init__(self, camera: str, info: SourceInfo, pictures: PictureList) -> None:
        self.camera = camera
        self.info = info
        self.end: SourceEnd | None = None
        self.end_reason = ""
        self._pictures = pictures
        self._resized: set[str] = set()

    @classmethod
    def open(cls, folder: Path, camera: str, *, fps: float | None = None) -> ImageSource:
        """See `reid_core.media.source.open_source`."""
        folder = folder.absolute()
        pictures = list_pictures(folder)
        rate = Fraction(fps or pictures.fps or DEFAULT_FPS).limit_denominator(10**6)
        n = len(pictures.paths)
        (width, height), codec, rotation = _first_readable(pictures.paths)
        info = SourceInfo(
            path=folder,
            kind="images",
            fingerprint=fingerprint(folder),
            container="folder",
            codec=codec,
            width=width,
            height=height,
            fps=float(rate),
            is_vfr=False,
            n_frames=n,
            duration_ms=float(n * 1000 / rate),
            first_pts=0,
            time_base=1 / rate,
            rotation=rotation,
        )
        return cls(camera, info, pictures)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user on what was repaired or assumed."""
        if not self._resized:
            return self._pictures.notices
        size = f"{self.info.width} x {self.info.height} px"
        n = len(self._resized)
        return (
            *self._pictures.notices,
            f"{n} pictures have another size than the first and were scaled into its {size}",
        )

    def frames(self, start_idx: int = 0, step: int = 1) -> Iterator[Frame]:
        """See `FrameSource.frames`; pictures that ``step`` leaves out are not even opened."""
        if start_idx < 0 or step < 1:
            raise ValueError(f"start_idx {start_idx} and step {step}: at least 0 and 1 are expected")
        self.end, self.end_reason = None, ""
        return self._frames(range(start_idx, len(self._pictures.paths), step))

    def read(self, frame_idx: int) -> Frame:
        """See `FrameSource.read`."""
        n = len(self._pictures.paths)
        if not 0 <= frame_idx < n:
            raise SourceError(
                f"folder {shown(self.info.path)} has no picture {frame_idx}: it has {n} from 0 on"
            )
        path = self._pictures.paths[frame_idx]
        image = read_picture(path)
        if image.shape[1::-1] != (self.info.width, self.info.height):
            self._resized.add(path.name)
            image = fit(image, self.info.width, self.info.height)
        return Frame(self.camera, frame_idx, frame_idx, float(frame_idx * self.info.time_base * 1000), image)

    def times(self) -> tuple[IntArray, TimeArray]:
        """See `FrameSource.times`."""
        pts = np.arange(len(self._pictures.paths), dtype=np.int64)
        per_unit = self.info.time_base * 1000
        return pts, pts * per_unit.numerator / per_unit.denominator

    def close(self) -> None:
        """Nothing is kept open."""

    def _frames(self, ranks: range) -> Iterator[Frame]:
        unreadable: list[str] = []
        n_given = 0
        for rank in ranks:
            try:
                frame = self.read(rank)
            except SourceError:
                unreadable.append(self._pictures.paths[rank].name)
                continue
            n_given += 1
            yield frame
        if not unreadable:
            self.end = SourceEnd.ENDED
        elif not n_given and ranks.start == 0:
            self.end, self.end_reason = SourceEnd.EMPTY, "not one picture could be read; get the folder again"
        else:
            names = ", ".join(shown(Path(name)) for name in unreadable[:3]) + (
                " ..." if len(unreadable) > 3 else ""
            )
            self.end = SourceEnd.BROKEN
            self.end_reason = f"{len(unreadable)} of {len(ranks)} pictures could not be read: {names}"


def read_picture(path: Path) -> ImageArray:
    """A picture file as RGB uint8 ``(H, W, 3)``, upright by its EXIF orientation; transparency is dropped.

    Raises:
        SourceError: It is absent, no picture, damaged (even if only its end is missing), or too large.
    """
    with open_regular(path) as file:
        try:
            with _open_picture(path, file) as image:
                rgb = _to_rgb(ImageOps.exif_transpose(image))
                return np.array(rgb, np.uint8)
        except _BAD_PICTURE as error:
            _refuse(path, error)


_BAD_PICTURE = (
    OSError, ValueError, TypeError, SyntaxError, EOFError, ArithmeticError, LookupError, MemoryError,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


def _first_readable(paths: tuple[Path, ...]) -> tuple[tuple[int, int], str, int]:
    """``(width, height)`` upright, format and turn of the first readable picture; zeros without any."""
    for path in paths:
        try:
            height, width = read_picture(path).shape[:2]
            with open_regular(path) as file, _open_picture(path, file) as image:
                turned = _TURNED_BY_EXIF.get(image.getexif().get(_EXIF_ORIENTATION, 1), 0)
                return (width, height), str(image.format).lower(), turned
        except SourceError:
            continue
    return (0, 0), "", 0


def _open_picture(path: Path, file: io.FileIO) -> Image.Image:
    image = Image.open(file, formats=limits.PICTURE_FORMATS)
    if image.width * image.height > limits.MAX_PIXELS:
        image.close()
        raise SourceError(
            f"{shown(path)} has {image.width} x {image.height} pixels, more than is read; scale it down"
        )
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB; pictures of 16 bits are scaled down to 8, where Pillow alone would clip them."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        return Image.fromarray(np.clip(values >> 8, 0, 255).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def _refuse(path: Path, error: BaseException) -> NoReturn:
    raise SourceError(
        f"{shown(path)} is damaged or no picture of a kind that is read; get it again"
    ) from error
