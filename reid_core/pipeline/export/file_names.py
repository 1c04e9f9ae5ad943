"""File names made of what people call things."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STRANGE = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_FORBIDDEN = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")
MAX_CHARS = 60


def file_name(text: str, otherwise: str = "unnamed") -> str:
    """Letters and digits of any language, dots, ``-`` and ``_``; never a hidden or reserved name.

    >>> file_name("Ann / B."), file_name("../.."), file_name("con")
    ('Ann-B', 'unnamed', '_con')
    """
    name = _STRANGE.sub("-", text).strip("-. ")[:MAX_CHARS].rstrip("-. ")
    return f"_{name}" if _RESERVED.match(name) else name or otherwise


def camera_files(cameras: Iterable[str]) -> dict[str, str]:
    """A file name for each camera: its own name, unless no file may be called so or another one is.

    Projects come from anywhere, so a camera may be called ``../../etc``.

    >>> camera_files(["gate", "../gate", "Gate"])
    {'gate': 'gate', '../gate': 'gate_2', 'Gate': 'Gate_3'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number, camera in enumerate(cameras, 1):
        is_fine = not _FORBIDDEN.search(camera) and camera.strip(". ") == camera and len(camera) <= MAX_CHARS
        name = camera if is_fine and not _RESERVED.match(camera) else file_name(camera)
        name = f"{name}_{number}" if name.casefold() in taken else name
        taken.add(name.casefold())
        found[camera] = name
    return found
