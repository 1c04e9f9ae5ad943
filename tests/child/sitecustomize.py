"""Runs first in every Python that a test starts: `tests/conftest.py` puts this folder on ``PYTHONPATH``.

It carries the guards, and the broken part of `make sabotage`, into child processes. The product itself knows
nothing of it: no variable read here is read there.
"""

import os
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent.parent)

sys.path.insert(0, _ROOT)
try:
    from tests.plugins import loopback

    loopback.install()
    if os.environ.get("SIGHTLINE_TEST_NO_QT"):
        from tests.plugins.hide_qt import install

        install()
    if os.environ.get("SIGHTLINE_TEST_SABOTAGE"):
        from tests.plugins import sabotage

        sabotage.install(os.environ["SIGHTLINE_TEST_SABOTAGE"])
finally:
    sys.path.remove(_ROOT)
