"""File names made of what people call things."""

from __future__ import annotations

import re

_STRANGE = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
MAX_CHARS = 60


def file_name(text: str, otherwise: str = "unnamed") -> str:
    """Letters and digits of any language, dots, ``-`` and ``_``; never a hidden or reserved name.

    >>> file_name("Ann / B."), file_name("../.."), file_name("con")
    ('Ann-B', 'unnamed', '_con')
    """
    name = _STRANGE.sub("-", text).strip("-. ")[:MAX_CHARS].rstrip("-. ")
    return f"_{name}" if _RESERVED.match(name) else name or otherwise
