"""Video files as a source of frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from reid_core.errors import SourceError
from reid_core.media.files import shown
from reid_core.media.fingerprint import fingerprint
from reid_core.media.frame_index import FrameIndex, load_or_build
from reid_core.media.picture import PictureConverter, clockwise_degrees
from reid_core.media.playback import Finder, Playback
from reid_core.media.probe import build_index
from reid_core.media.source import OnProgress, SourceEnd, SourceInfo, TimeArray
from reid_core.types import Frame, IntArray


class VideoSource:
    """A video file; implements `reid_core.media.source.FrameSource`.

    A frame's identity is its pts. A missing or impossible pts lies on the line between its neighbours; of
    equal pts the picture that is decoded first comes first, and the next is one unit later. A picture in the
    middle that turns out to be damaged keeps its rank and is not given. Frames of another size than the first
    are scaled into the first one's size, with black bars, so that all boxes of a source live in one
    coordinate system.
    """

    def __init__(
        self, camera: str, info: SourceInfo, index: FrameIndex, notices: tuple[str, ...] = ()
    ) -> None:
        self.camera = camera
        self.info = info
        self.end: SourceEnd | None = None
        self.end_reason = ""
        self._index = index
        self._own_notices = (*index.notices, *notices)
        per_unit = index.track.time_base * 1000
        self._t_ms: TimeArray = (index.pts - info.first_pts) * per_unit.numerator / per_unit.denominator
        self._playback = Playback(info.path, index)
        self._finder = Finder(info.path, self._playback, index)
        self._finder_lock = threading.Lock()
        self._finder_converter = self._new_converter()
        self._n_resized = 0

    @classmethod
    def open(
        cls,
        path: Path,
        camera: str,
        *,
        cache_dir: Path | None = None,
        fps: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> VideoSource:
        """See `reid_core.media.source.open_source`."""
        path = path.absolute()
        name = fingerprint(path)
        index = load_or_build(path, cache_dir, name, lambda: build_index(path, on_progress))
        ignored = ("a video has its own times; the given frame rate is ignored",) if fps is not None else ()
        return cls(camera, _describe(path, name, index), index, ignored)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user on what was repaired or assumed."""
        if not self._n_resized and not self._finder_converter.n_resized:
            return self._own_notices
        size = f"{self.info.width} x {self.info.height} px"
        return (
            *self._own_notices,
            f"some pictures have another size than the first and were scaled into its {size}",
        )

    @property
    def index(self) -> FrameIndex:
        """Every frame by rank, for those who decode on their own (`reid_core.media.playback`)."""
        return self._index

    def frames(self, start_idx: int = 0, step: int = 1) -> Iterator[Frame]:
        """See `FrameSource.frames`."""
        if start_idx < 0 or step < 1:
            raise ValueError(f"start_idx {start_idx} and step {step}: at least 0 and 1 are expected")
        self.end, self.end_reason = None, ""
        return self._frames(start_idx, step)

    def read(self, frame_idx: int) -> Frame:
        """See `FrameSource.read`."""
        if not 0 <= frame_idx < len(self._index):
            raise SourceError(
                f"{shown(self.info.path)} has no frame {frame_idx}: it has {len(self._index)} from 0 on"
            )
        with self._finder_lock:
            return self._to_frame(frame_idx, self._finder.find(frame_idx), self._finder_converter)

    def times(self) -> tuple[IntArray, TimeArray]:
        """See `FrameSource.times`."""
        return self._index.pts.copy(), self._t_ms.copy()

    def close(self) -> None:
        """Release the file and decoder of `read`; an open `frames` iterator holds its own."""
        with self._finder_lock:
            self._finder.forget()

    def _frames(self, start_idx: int, step: int) -> Iterator[Frame]:
        converter = self._new_converter()
        due, n_lost, first_lost, n_damaged = start_idx, 0, -1, 0
        for rank, picture in self._playback.in_order(start_idx):
            if rank > due:
                n_lost, first_lost = n_lost + rank - due, due if first_lost < 0 else first_lost
            due = rank + 1
            n_damaged += bool(picture.is_corrupt)
            if (rank - start_idx) % step == 0:
                yield self._to_frame(rank, picture, converter)
                self._n_resized = max(self._n_resized, converter.n_resized)
        if len(self._index) > due:
            n_lost, first_lost = n_lost + len(self._index) - due, due if first_lost < 0 else first_lost
        self._conclude(start_idx, n_lost, first_lost, n_damaged)

    def _conclude(self, start_idx: int, n_lost: int, first_lost: int, n_damaged: int) -> None:
        n_due = len(self._index) - start_idx
        if start_idx == 0 and n_lost == n_due:
            self.end = SourceEnd.EMPTY
            self.end_reason = (
                "not one picture could be decoded; the file is damaged or encrypted, get it again"
            )
            return
        reasons = [self._index.cut] if self._index.cut else []
        if n_lost:
            seconds = self._t_ms[first_lost] / 1000
            reasons.append(f"{n_lost} of {n_due} pictures could not be decoded, the first at {seconds:.3f} s")
        if n_damaged:
            reasons.append(f"{n_damaged} of {n_due} pictures were decoded with errors")
        self.end = SourceEnd.BROKEN if reasons else SourceEnd.ENDED
        self.end_reason = "the file is damaged: " + "; ".join(reasons) if reasons else ""

    def _new_converter(self) -> PictureConverter:
        return PictureConverter(self.info.width, self.info.height, self._index.track.orientation)

    def _to_frame(self, rank: int, picture: object, converter: PictureConverter) -> Frame:
        pts, t_ms = int(self._index.pts[rank]), float(self._t_ms[rank])
        return Frame(self.camera, rank, pts, t_ms, converter.convert(picture))


def _describe(path: Path, name: str, index: FrameIndex) -> SourceInfo:
    n, fps = len(index), index.fps
    first_pts, last_pts = (int(index.pts[0]), int(index.pts[-1])) if n else (0, 0)
    width, height = index.size
    return SourceInfo(
        path=path,
        kind="video",
        fingerprint=name,
        container=index.track.container,
        codec=index.track.codec,
        width=width,
        height=height,
        fps=fps,
        is_vfr=index.is_vfr,
        n_frames=n,
        duration_ms=float((last_pts - first_pts) * index.track.time_base * 1000) + 1000 / fps if n else 0.0,
        first_pts=first_pts,
        time_base=index.track.time_base,
        rotation=clockwise_degrees(index.track.orientation),
    )
