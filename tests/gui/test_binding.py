"""The Qt binding does not drop references to None, as PySide6 6.12.0 on Python 3.11 does until it aborts."""

import sys

from PySide6.QtCore import QCoreApplication


def test_void_calls_keep_the_references_to_none(qapp):
    QCoreApplication.processEvents()
    before = sys.getrefcount(None)
    for _ in range(20_000):
        QCoreApplication.processEvents()
    assert abs(sys.getrefcount(None) - before) < 100
