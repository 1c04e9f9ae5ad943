"""First weights of a network: none, a file of any layout that we know, or a model that comes with Sightline.

Nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from reid_core.errors import ModelNotFoundError, ModelRefusedError, UsageError
from reid_core.models.checkpoint import listed
from reid_core.models.layouts import COUNTER, recognise, to_ours
from reid_core.models.mgn import MGN, STRIPES
from reid_core.weights.manifest import bundled_models
from reid_core.weights.torch_file import load_state
from training.config import TrainingConfig

NONE = "none"
BUNDLED = "bundled:"
_MGN_STEM = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5}


@dataclass(frozen=True, slots=True)
class FirstWeights:
    """Where a network began; it goes into checkpoints, log and card.

    Attributes:
        spec: ``none``, the file, or ``bundled:NAME``.
        sha256: Of the file; empty for none.
        licence: Of a bundled model.
        n_loaded: Parameters and buffers that were taken over.
        n_fresh: Those that were drawn at random, classifiers included.
    """

    spec: str = NONE
    sha256: str = ""
    licence: str = ""
    n_loaded: int = 0
    n_fresh: int = 0


def load_first(network: nn.Module, spec: str, config: TrainingConfig) -> FirstWeights:
    """Load first weights into a network of ours, in place.

    Args:
        network: With random weights.
        spec: ``none``, a file, or ``bundled:NAME``.
        config: Of the run, for messages.

    Raises:
        UsageError: The spec means nothing.
        ModelNotFoundError: The file or the bundled model is absent.
        ModelRefusedError: It is not safe, or its backbone does not fit.
    """
    wanted = network.state_dict()
    if spec == NONE:
        return FirstWeights(n_fresh=len(wanted))
    path, licence = _find(spec)
    try:
        given = read_backbone(path)
    except ModelRefusedError as error:
        raise ModelRefusedError(f"{error} (named by --init)") from error
    n_loaded = load_backbone(network, given, path.name, str(config.model.backbone.name))
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return FirstWeights(spec, content, licence, n_loaded, len(wanted) - n_loaded)


def _find(spec: str) -> tuple[Path, str]:
    if spec.startswith(BUNDLED):
        name = spec.removeprefix(BUNDLED)
        models = [model for model in bundled_models() if model.kind == "reid"]
        for model in models:
            if model.name == name:
                found = model.as_model_file()
                return found.path, found.licence
        known = ", ".join(BUNDLED + model.name for model in models) or "none"
        raise ModelNotFoundError(f"There is no bundled model {name!r} to start from. There are: {known}.")
    path = Path(spec).expanduser()
    if not path.is_file():
        raise ModelNotFoundError(f"--init {spec} is no file: give none, a weights file, or bundled:NAME.")
    if path.suffix.lower() in (".xml", ".bin", ".onnx"):
        raise UsageError(
            f"--init {spec}: weights come from safetensors or torch files, not from {path.suffix}."
        )
    return path, ""


def read_backbone(path: Path) -> dict[str, Tensor]:
    """The parameters of a file under our names.

    Raises:
        ModelRefusedError: The file is not safe or not sound.
    """
    state = load_state(path)
    layout = recognise(state)
    return dict(to_ours(state, layout, path.name) if layout is not None else state)


def load_backbone(network: nn.Module, given: dict[str, Tensor], file: str, title: str) -> int:
    """Take over what fits, and insist on the whole backbone; classifiers are left alone.

    Only non-local blocks, which start as the identity, and counters may be absent. Heads and necks are taken
    over where names and shapes are the same.

    Returns:
        How many parameters and buffers were taken over.

    Raises:
        ModelRefusedError: Part of the backbone is missing.
    """
    wanted = network.state_dict()
    has_backbone = hasattr(network, "backbone")
    prefix = "backbone." if has_backbone else ""
    named = dict(given)
    if isinstance(network, MGN):
        named |= _in_branches(given)
    elif has_backbone and not any(name.startswith(prefix) for name in given):
        named = {prefix + name: value for name, value in given.items()}
    fits = {
        name: value
        for name, value in named.items()
        if name in wanted and wanted[name].shape == value.shape and "classifier" not in name
    }
    heads = () if has_backbone else ("classifier.", "neck.")
    missing = [
        name
        for name in wanted
        if name.startswith((prefix, "branches."))
        and name not in fits
        and not name.endswith(COUNTER)
        and ".non_local." not in name
        and not (heads and name.startswith(heads))
    ]
    if missing:
        raise ModelRefusedError(
            f"{file} does not fit the backbone: it lacks {listed(missing)} of {title}. Take the "
            "backbone that it was trained with, or start from other weights."
        )
    network.load_state_dict(fits, strict=False)
    return len(fits)


def _in_branches(given: dict[str, Tensor]) -> dict[str, Tensor]:
    """A ResNet's parameters where MGN has them: its last stages stand in every branch."""
    named = {}
    for name, value in given.items():
        stage, _, rest = name.removeprefix("backbone.").partition(".")
        block, _, inside = rest.partition(".")
        if stage in _MGN_STEM:
            named[f"backbone.{_MGN_STEM[stage]}.{rest}"] = value
        elif stage == "layer3" and block == "0":
            named[f"backbone.6.{inside}"] = value
        elif stage == "layer3":
            named |= {f"branches.{b}.0.{int(block) - 1}.{inside}": value for b in STRIPES if block.isdigit()}
        elif stage == "layer4":
            named |= {f"branches.{b}.1.{rest}": value for b in STRIPES}
    return named
