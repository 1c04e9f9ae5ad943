"""How well people are followed, beside every tracker of the ultralytics package on the same detections.

    python -m benchmarks.tracking                    # make tracking
    python -m benchmarks.tracking --detector yolov8n.pt
    python -m benchmarks.tracking --ablate           # what each part of the tracking is worth
    python -m benchmarks.tracking --sweep            # how the settings were chosen, on one sequence

It needs the research footage (``--data``, SIGHTLINE_TEST_DATA, or ../shared/data beside the checkout).
The package's trackers run with the settings that they come with, and see the pictures. Detections are kept
in the cache folder: a second run takes a minute. IDF1, HOTA and switches are computed by trackeval; lab4 is
judged on identity only (boxes that cover no labelled person are dropped), one figure over its four cameras.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from benchmarks.tracking_data import LAB, PETS, TUD, Found, detect, find_sequences, open_footage
from benchmarks.tracking_scores import Score, Tracks, combine, idf1, score
from reid_core.detection.load import load_detector
from reid_core.errors import ReidError
from reid_core.tracking.base import ClosedTracklet
from reid_core.tracking.config import TRACKERS, TrackingConfig
from reid_core.tracking.tracklets import TrackletBuilder

OURS = "Sightline"
GROUPS = (PETS, TUD, LAB)
CHOSEN_ON = PETS
"""The settings of `TrackingConfig` were chosen on this sequence."""
NEVER = 1e9
Table = dict[str, dict[str, Score]]


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, help="the folder of research footage")
    parser.add_argument("--detector", help="model file or name, as for `sightline ingest`")
    parser.add_argument("--ablate", action="store_true", help="what each part is worth")
    parser.add_argument("--sweep", action="store_true", help=f"vary each setting on {CHOSEN_ON}")
    arguments = parser.parse_args()
    try:
        found = look(find_data(arguments.data), arguments.detector)
        if arguments.ablate:
            ablate(found)
        elif arguments.sweep:
            sweep(found)
        else:
            compare(found)
    except ReidError as error:
        sys.exit(str(error))


def find_data(chosen: Path | None) -> Path:
    """The folder of research footage."""
    folder = chosen or Path(os.environ.get("SIGHTLINE_TEST_DATA") or Path.cwd().parent / "shared" / "data")
    if not (folder / "mot").is_dir():
        sys.exit(f"There is no research footage in {folder}; name its folder with --data.")
    return folder


def look(data: Path, detector_spec: str | None = None) -> list[Found]:
    """The detections on every sequence."""
    detector = load_detector(detector_spec)
    started = time.perf_counter()
    found = [detect(sequence, detector) for sequence in find_sequences(data)]
    n_frames = sum(len(one.observations) for one in found)
    took_s = time.perf_counter() - started
    print(f"detections of {detector.key[:12]}: {n_frames} frames in {took_s:.0f} s", flush=True)
    return found


def compare(found: list[Found]) -> Table:
    """Our tracking beside the others, and what a stride costs."""
    table: Table = {OURS: measure(found)}
    table |= {f"{OURS}, stride {stride}": measure(found, stride=stride) for stride in (2, 3)}
    table |= measure_others(found)
    print_table(table)
    best = max(TRACKERS, key=lambda kind: mean_idf1(table[kind]))
    ahead = mean_idf1(table[OURS]) - mean_idf1(table[best])
    print(f"{OURS} is {ahead:+.3f} mean IDF1 beside {best}, the best of the others.")
    return table


def measure(
    found: Iterable[Found], config: TrackingConfig | None = None, *, stride: int = 1
) -> dict[str, Score]:
    """Our scores by group."""
    return by_group((one, score(one.sequence, follow(one, config, stride=stride))) for one in found)


def follow(found: Found, config: TrackingConfig | None = None, *, stride: int = 1) -> Tracks:
    """Our tracks; with a stride, only every so many frames are looked at."""
    builder = TrackletBuilder(
        config or TrackingConfig(),
        width=found.width,
        height=found.height,
        frame_ms=found.frame_ms * stride,
    )
    tracks: Tracks = [[] for _ in found.observations]
    for first in range(0, len(tracks), stride):
        # A cut between two looks counts for the second.
        is_cut = any(one.cut for one in found.observations[max(first - stride + 1, 0) : first + 1])
        _keep(tracks, builder.push(replace(found.observations[first], cut=is_cut)).closed)
    _keep(tracks, builder.finish().closed)
    return tracks


def _keep(tracks: Tracks, closed: Iterable[ClosedTracklet]) -> None:
    for tracklet in closed:
        for frame_idx, box in zip(tracklet.frame_idx.tolist(), tracklet.xyxy, strict=True):
            tracks[frame_idx].append((tracklet.order, box))


def measure_others(found: Iterable[Found]) -> Table:
    """The scores of each tracker of the ultralytics package, with its own settings, by group."""
    scores: dict[str, list[tuple[Found, Score]]] = {kind: [] for kind in TRACKERS}
    for one in found:
        for kind, tracks in follow_with_others(one).items():
            scores[kind].append((one, score(one.sequence, tracks)))
    return {kind: by_group(pairs) for kind, pairs in scores.items()}


def follow_with_others(found: Found) -> dict[str, Tracks]:
    """The tracks of each tracker of the package."""
    from ultralytics.engine.results import Boxes
    from ultralytics.trackers.track import TRACKER_MAP
    from ultralytics.utils import YAML, IterableSimpleNamespace
    from ultralytics.utils.checks import check_yaml

    trackers = {
        kind: TRACKER_MAP[kind](
            args=IterableSimpleNamespace(**YAML.load(check_yaml(f"{kind}.yaml")), device="cpu")
        )
        for kind in TRACKERS
    }
    tracks: dict[str, Tracks] = {kind: [] for kind in TRACKERS}
    source = open_footage(found.sequence)
    for frame, observation in zip(source.frames(), found.observations, strict=True):
        detections = observation.detections
        rows = np.column_stack([detections.xyxy, detections.scores, np.zeros(len(detections))])
        boxes = Boxes(rows.astype(np.float32), frame.image.shape[:2])
        picture = np.ascontiguousarray(frame.image[:, :, ::-1])  # the package works on BGR
        for kind, tracker in trackers.items():
            rows = np.asarray(tracker.update(boxes, picture)).reshape(-1, 8)
            tracks[kind].append([(int(row[4]), row[:4]) for row in rows])
    source.close()
    return tracks


def by_group(pairs: Iterable[tuple[Found, Score]]) -> dict[str, Score]:
    """One score a group."""
    scores: dict[str, list[Score]] = {}
    for found, one in pairs:
        scores.setdefault(found.sequence.group, []).append(one)
    return {group: combine(parts) for group, parts in scores.items()}


def mean_idf1(scores: dict[str, Score]) -> float:
    """The mean over the groups."""
    return float(np.mean([one.idf1 for one in scores.values()]))


def print_table(table: Table) -> None:
    """IDF1, HOTA and switches of each row, and the mean IDF1."""
    print(f"{'IDF1 HOTA IDSW':28}" + "".join(f"{group:>22}" for group in GROUPS) + f"{'mean IDF1':>12}")
    for name, scores in table.items():
        cells = [f"{one.idf1:10.3f}{one.hota:7.3f}{one.n_switches:5d}" for one in (scores[g] for g in GROUPS)]
        print(f"{name:28}" + "".join(cells) + f"{mean_idf1(scores):12.3f}")


def ablate(found: list[Found]) -> None:
    """Print the scores with one part after the other left out."""
    whole = TrackingConfig()
    split, link = whole.split, whole.link
    without: dict[str, TrackingConfig] = {
        "whole": whole,
        "no stitching": replace(whole, link=replace(link, gap_s=0.0)),
        "no split at gaps": replace(whole, split=replace(split, gap_s=whole.tracker.lost_s + 0.5)),
        "no split at encounters": replace(whole, split=replace(split, overlap=1.0)),
        "no split at changed looks": replace(whole, split=replace(split, change=NEVER)),
        "no splits": replace(
            whole,
            split=replace(split, gap_s=whole.tracker.lost_s + 0.5, overlap=1.0, change=NEVER),
        ),
        "links without appearance": replace(
            whole, link=replace(link, appearance=0.0, appearance_scale=NEVER)
        ),
        "links without speed": replace(whole, link=replace(link, speed=NEVER)),
        "links without place": replace(whole, link=replace(link, position=NEVER, position_max=NEVER)),
        "links without height": replace(whole, link=replace(link, height=NEVER)),
        "links across sides": replace(whole, link=replace(link, exit_s=NEVER)),
    }
    table = {name: measure(found, config) for name, config in without.items()}
    unseen = [
        replace(one, observations=[replace(o, appearance=None) for o in one.observations]) for one in found
    ]
    table["no appearance at all"] = measure(unseen)
    for kind in TRACKERS:
        table[f"with {kind}"] = measure(found, replace(whole, tracker=replace(whole.tracker, kind=kind)))
    print_table(table)


def sweep(found: list[Found]) -> None:
    """Vary one setting at a time on `CHOSEN_ON`, forwards and backwards in time."""
    one = next(one for one in found if one.sequence.name == CHOSEN_ON)
    print(f"mean IDF1 of {CHOSEN_ON}, forwards and backwards, with a setting times 0.5, 1, 2")
    for name, change in settings():
        row = [_both_ways(one, change(factor)) for factor in (0.5, 1.0, 2.0)]
        print(f"{name:28}" + "".join(f"{value:8.3f}" for value in row), flush=True)


def settings() -> Iterator[tuple[str, Callable[[float], TrackingConfig]]]:
    """Every number among the settings, with a function that multiplies it."""
    whole = TrackingConfig()
    for part in ("tracker", "split", "link"):
        values = getattr(whole, part)
        for setting in fields(values):
            value = getattr(values, setting.name)
            if isinstance(value, float):

                def change(factor: float, part=part, values=values, name=setting.name, value=value):
                    return replace(whole, **{part: replace(values, **{name: value * factor})})

                yield f"{part}.{setting.name} = {value:g}", change


def _both_ways(found: Found, config: TrackingConfig) -> float:
    last = len(found.observations) - 1
    end_ms = found.observations[-1].t_ms
    backwards = replace(
        found,
        observations=[
            replace(one, frame_idx=last - one.frame_idx, t_ms=end_ms - one.t_ms)
            for one in reversed(found.observations)
        ],
    )
    return float(
        np.mean(
            [
                idf1(found.sequence, follow(found, config)),
                idf1(found.sequence, follow(backwards, config)[::-1]),
            ]
        )
    )


if __name__ == "__main__":
    main()
