"""Text that may stand in XML 1.0 (https://www.w3.org/TR/xml/#charsets)."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def allowed(text: str) -> str:
    """The text with every character that XML cannot hold replaced."""
    return _FORBIDDEN.sub(REPLACEMENT, text)
