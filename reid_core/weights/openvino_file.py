"""Checks an OpenVINO model before the runtime sees it: it is data, but names operations and offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from reid_core.errors import ModelRefusedError
from reid_core.weights.model_file import ModelFile, bin_beside, hash_pair, read_bytes

_OPERATION_SET = re.compile(r"opset\d{1,2}")
_VERSIONS = frozenset({"10", "11"})


@dataclass(frozen=True, slots=True)
class OpenVinoFile:
    """The two files of an OpenVINO model, read once, so that what was checked is what is run.

    Attributes:
        name: Name of the ``.xml``.
        xml: The operations.
        weights: The constants.
        labels: Names of the classes, where the model states them; words joined by ``_``.
    """

    name: str
    xml: bytes
    weights: bytes
    labels: tuple[str, ...]


def read_openvino(model: Path | ModelFile) -> OpenVinoFile:
    """Read and check the ``.xml`` and the ``.bin`` of a model.

    Only operations of the numbered standard sets pass, so no extension can be asked for; every constant must
    lie inside the ``.bin``, which must lie beside the ``.xml``.

    Raises:
        ModelRefusedError: Says what is wrong.
    """
    path = model if isinstance(model, Path) else model.path
    xml, weights = read_bytes(path), read_bytes(bin_beside(path))
    if isinstance(model, ModelFile) and hash_pair(xml, weights) != model.sha256:
        raise ModelRefusedError(f"{path} changed while it was being opened. Try again.")
    root = _parse(xml, path.name)
    _check_operations(root, len(weights), path.name)
    labels = root.find("./rt_info/model_info/labels")
    return OpenVinoFile(
        path.name, xml, weights, tuple(labels.get("value", "").split()) if labels is not None else ()
    )


def _parse(xml: bytes, name: str) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ModelRefusedError(
            f"{name} is not sound XML ({type(error).__name__}). Get the model again."
        ) from error
    if root.tag != "net" or root.get("version") not in _VERSIONS:
        raise ModelRefusedError(
            f"{name} is no OpenVINO model of version 10 or 11. Convert it with a newer OpenVINO."
        )
    return root


def _check_operations(root: Element, n_bytes: int, name: str) -> None:
    for layer in root.iter("layer"):
        if not _OPERATION_SET.fullmatch(layer.get("version", "")):
            kind = f"{layer.get('version')}/{layer.get('type')}"[:80]
            raise ModelRefusedError(
                f"{name} needs the operation {kind}, which is not standard; extensions are not used."
            )
    for data in root.iter("data"):
        if data.get("offset") is None:
            continue
        try:
            start, size = int(data.get("offset", "")), int(data.get("size", ""))
        except ValueError:
            raise ModelRefusedError(f"{name} has a constant without a place. Get the model again.") from None
        if start < 0 or size < 0 or start + size > n_bytes:
            raise ModelRefusedError(f"{name} and its .bin do not belong together. Get both files again.")
