"""Starts Qt and prints what came up, as JSON; a child of the doctor: where Qt fails, it ends the process."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Print Qt's version and the name of the platform plugin."""
    import PySide6
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication([])
    sys.stdout.write(json.dumps({"version": PySide6.__version__, "platform": application.platformName()}))


if __name__ == "__main__":
    main()
