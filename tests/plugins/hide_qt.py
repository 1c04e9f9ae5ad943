"""Makes Qt not importable in this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

VARIABLE = "SIGHTLINE_TEST_NO_QT"
HIDDEN = frozenset({"PySide6", "shiboken6", "pyqtgraph"})


class HideQt(MetaPathFinder):
    """An import hook that knows no Qt."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"no {fullname} in the no-Qt job", name=fullname)


def install() -> None:
    """Hide Qt from this process."""
    sys.meta_path.insert(0, HideQt())
