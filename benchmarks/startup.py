"""How long the window takes to show, beside an empty PySide6 one: ``python -m benchmarks.startup``.

Each run is a process of its own; both kinds alternate, so that a busy computer slows both down.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

GOAL = 1.5

EMPTY = """
import pyqtgraph
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1600, 1000)
window.show()
app.processEvents()
print("shown", flush=True)
"""

OURS = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.application import Application
from app.options import WindowOptions
from app.settings import Settings
from app.theme.theme import theme
app = QApplication([])
theme().start(app, "light")
application = Application(WindowOptions(size=(1600, 1000)), Settings(Path(sys.argv[1]) / "settings.ini"))
application.start()
app.processEvents()
print("shown", flush=True)
application.window.close()
"""


def shown_after_s(script: str, folder: str) -> float:
    """Seconds from the start of the process until its window has shown."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    seconds = time.perf_counter() - started
    process.communicate()
    assert line.strip() == "shown", "the window did not show"
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    n_runs = parser.parse_args().runs
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        shown_after_s(EMPTY, folder), shown_after_s(OURS, folder)  # both are in the disk's cache then
        pairs = [(shown_after_s(EMPTY, folder), shown_after_s(OURS, folder)) for _ in range(n_runs)]
    empty, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"empty window {empty:.2f} s, Sightline {ours:.2f} s, median ratio {ratio:.2f} (goal {GOAL})")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
