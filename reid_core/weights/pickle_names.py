"""Which objects a pickle asks for, read off its instructions without following any of them."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator

_MAX_STEPS = 2_000_000
_PLAIN = ("torch.", "collections.OrderedDict", "_codecs.encode")


def strange_names(data: bytes) -> Iterator[str]:
    """``module.name`` of each object in a torch file, or bare pickle, that is not torch's own.

    Args:
        data: The whole file. Where it is damaged, the names up to there.
    """
    for name in _names(_pickled_part(data)):
        if not name.startswith(_PLAIN):
            yield name


def _pickled_part(data: bytes) -> bytes:
    if data[:2] != b"PK":
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"".join(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        return b""


def _names(pickled: bytes) -> Iterator[str]:
    texts = ["", ""]
    try:
        for step, (code, argument, _) in enumerate(pickletools.genops(pickled)):
            if step > _MAX_STEPS:
                return
            if code.name in {"GLOBAL", "INST"}:
                yield str(argument).replace(" ", ".")
            elif code.name == "STACK_GLOBAL":
                yield ".".join(texts)
            elif "UNICODE" in code.name:
                texts = [texts[1], str(argument)]
    except Exception:  # a crafted pickle can break the reader anywhere
        return
