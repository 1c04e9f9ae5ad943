"""Every format, in the order in which people choose."""

from __future__ import annotations

from reid_core.pipeline.export.base import Format
from reid_core.pipeline.export.clips import CLIPS
from reid_core.pipeline.export.coco import COCO
from reid_core.pipeline.export.cvat import CVAT
from reid_core.pipeline.export.document import JSON
from reid_core.pipeline.export.market import MARKET, MARKET_FREE
from reid_core.pipeline.export.matches import MATCHES
from reid_core.pipeline.export.mot import MOT, MOT_TRUTH
from reid_core.pipeline.export.report import REPORT
from reid_core.pipeline.export.sheet import SHEETS
from reid_core.pipeline.export.tabular import CSV

FORMATS: dict[str, Format] = {
    each.key: each
    for each in (MOT, MOT_TRUTH, CVAT, COCO, MARKET, MARKET_FREE, CSV, JSON, MATCHES, REPORT, CLIPS, SHEETS)
}
"""Formats by their key."""
