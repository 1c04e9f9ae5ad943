"""Live cameras of an ingest: one thread watches each, and its pictures take the way of all frames."""

from __future__ import annotations

import threading
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from reid_core.media.source import SourceEnd
from reid_core.pipeline.live_messages import LiveBegan, LiveSaid
from reid_core.pipeline.stage import Channel, Stopped
from reid_core.pipeline.workers import Decoded, DecodeEnded, Result
from reid_core.streams.connection import TICKS_PER_S, Connect, Patience
from reid_core.streams.recording import Quota, Recorder
from reid_core.streams.watch import Failed, Picture, TakeBegan, TakeEnded, Watch, WatchEvent
from reid_core.tracking.cuts import CutDetector
from reid_core.types import Frame

RUNS_PER_CAMERA = 2**32
"""Runs of live cameras are numbered downwards from -1, this many for each."""


@dataclass(frozen=True, slots=True)
class LiveCamera:
    """A live camera of an ingest.

    Attributes:
        name: Name of the camera in the project.
        address: Where it is, without a password.
        connect: Opens a connection.
        quota: How much is recorded; None records nothing.
        patience: Time limits.
    """

    name: str
    address: str
    connect: Connect
    quota: Quota | None = None
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class TakeOver(DecodeEnded):
    """The end of a take; comes behind its last picture.

    Attributes:
        at_s: When the last picture came, seconds since 1970.
    """

    at_s: float


class LiveWorker:
    """Thread body: watches one camera until it is told to stop.

    At most as many pictures as the detector takes at once are on their way; where it cannot follow, the
    oldest that wait give way. So what is seen is never old, and memory has a bound.

    Args:
        number: Of the camera among the live ones, 0-based.
        camera: The camera.
        folder: Where its recordings lie.
        stride: Every how many pictures the detector looks.
        in_flight: Most pictures on their way to the detector and back.
        frames: Where they go.
        results: Where messages go.
        stop: Ends the watch.
    """

    def __init__(
        self,
        number: int,
        camera: LiveCamera,
        folder: Path,
        *,
        stride: int,
        in_flight: int,
        frames: Channel[Decoded | DecodeEnded],
        results: Channel[Result],
        stop: threading.Event,
    ) -> None:
        self.camera = camera
        self._number, self._stop, self._frames, self._results = number, stop, frames, results
        self._free = threading.Semaphore(in_flight)
        self._recorder = None if camera.quota is None else Recorder(folder, camera.quota, self._say)
        self._watch = Watch(
            camera.name,
            camera.connect,
            patience=camera.patience,
            stop=stop,
            stride=stride,
            capacity=in_flight,
            on_parcel=None if self._recorder is None else self._recorder.write,
            on_end=(lambda: None) if self._recorder is None else self._recorder.end,
        )
        self._run_number = -1 - number * RUNS_PER_CAMERA
        self._rank = 0
        self._cuts = CutDetector()
        self._told = ""
        self._settled = threading.Event()

    def release(self) -> None:
        """A picture has come back from the detector."""
        self._free.release()

    def settle(self) -> None:
        """The take that ended is stored."""
        self._settled.set()

    def run(self) -> None:
        """Watch."""
        with closing(self._watch.events()) as events:  # closed at once when the job ends it
            for event in events:
                self._take(event)
        self._results.put(LiveSaid(self.camera.name, "", is_over=True))

    def _say(self, text: str) -> None:
        try:
            self._results.put(LiveSaid(self.camera.name, text))
        except Stopped:
            return

    def _take(self, event: WatchEvent) -> None:
        match event:
            case TakeBegan():
                self._begin(event)
            case Picture():
                self._forward(event)
            case TakeEnded():
                end = SourceEnd.BROKEN if event.reason else SourceEnd.ENDED
                self._settled.clear()
                self._frames.put(TakeOver(self._run_number, end, event.reason, event.at_s))
                while not self._settled.wait(0.2) and not self._stop.is_set():
                    pass  # what comes next must not overtake the last pictures
            case Failed():
                if str(event.failure) != self._told:
                    self._told = str(event.failure)
                    self._results.put(
                        LiveSaid(
                            self.camera.name, f"{event.failure.trouble}: {event.failure}", is_failure=True
                        )
                    )

    def _begin(self, event: TakeBegan) -> None:
        self._run_number -= event.take > 1
        self._rank, self._cuts, self._told = 0, CutDetector(), ""
        take = uuid.uuid4().hex if self._recorder is None else self._recorder.take
        self._results.put(LiveBegan(self._run_number, self.camera.name, event.info, event.at_s, take))

    def _forward(self, event: Picture) -> None:
        while not self._free.acquire(timeout=0.2):
            if self._stop.is_set():
                return
        self._rank += len(event.skipped)
        frame = Frame(
            self.camera.name, self._rank, event.ticks, event.ticks * 1000.0 / TICKS_PER_S, event.image
        )
        self._rank += 1
        self._frames.put(
            Decoded(self._run_number, frame, self._cuts.push(event.image), event.skipped, event.n_dropped)
        )
