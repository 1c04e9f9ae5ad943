"""The window is there before anything heavy is imported."""

import subprocess
import sys

SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.application import Application
from app.options import WindowOptions
from app.settings import Settings
from app.theme.theme import theme

app = QApplication([])
theme().start(app, "light", bundled_font=True)
application = Application(WindowOptions(size=(1280, 800)), Settings(Path(sys.argv[1])))
application.start()
app.processEvents()
assert application.window.isVisible()
heavy = {"torch", "ultralytics", "faiss", "cv2", "openvino", "torchvision", "scipy"} & set(sys.modules)
application.window.close()
sys.exit(" ".join(sorted(heavy)) or 0)
"""


def test_nothing_heavy_is_imported_when_the_window_shows(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "settings.ini")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
