"""Public model files that are recognised by their hash, wherever they lie and whatever they are called."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.weights.model_file import ModelKind

_AGPL = "AGPL-3.0 (Ultralytics)"
_RESEARCH = "no licence to pass it on; trained on research data"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A public model file.

    Attributes:
        name: What a user may call it.
        kind: ``detector`` or ``reid``.
        sha256: Hash as `hash_model` takes it.
        n_bytes: Size of the file (of the ``.xml`` for OpenVINO); spares hashing all others.
        rank: Which of several found is taken by default: the lowest.
        licence: What is known of its licence.
    """

    name: str
    kind: ModelKind
    sha256: str
    n_bytes: int
    rank: int
    licence: str


BUNDLED_RANK = 10
"""Where the bundled model of a kind stands among the known ones."""

KNOWN_MODELS = (
    # Official Ultralytics files, releases v8.3.0 and v8.4.0; hashes as GitHub shows them for the assets.
    KnownModel(
        "yolo11n",
        "detector",
        "0ebbc80d4a7680d14987a577cd21342b65ecfd94632bd9a8da63ae6417644ee1",
        5613764,
        0,
        _AGPL,
    ),
    KnownModel(
        "yolo11s",
        "detector",
        "85a76fe86dd8afe384648546b56a7a78580c7cb7b404fc595f97969322d502d5",
        19313732,
        4,
        _AGPL,
    ),
    KnownModel(
        "yolov8n",
        "detector",
        "f59b3d833e2ff32e194b5bb8e08d211dc7c5bdf144b90d2c8412c47ccfc83b36",
        6549796,
        5,
        _AGPL,
    ),
    # Rebuilt from public int8 exports, no official files.
    KnownModel(
        "yolo11n-from-int8",
        "detector",
        "cc2eb9c07babc4a3a3735146f78213b5eb5d87d716b545da7a7b5664bb04f527",
        5552721,
        1,
        _AGPL,
    ),
    KnownModel(
        "yolov8n-from-int8",
        "detector",
        "d301de071b5504d9e0ddd0c05697cea17a2895d1f6819f2bb32dad4df6159815",
        6547121,
        6,
        _AGPL,
    ),
    KnownModel(
        "yolo11n-int8",
        "detector",
        "56314d3bcacf0ead02f9bbec23d51e2fbf92b326669be0a3b8d038bf7158d5fe",
        661035,
        7,
        _AGPL,
    ),
    KnownModel(
        "person-reidentification-retail-0277",
        "reid",
        "072108ab0dc8a207cb9f8ccb9df4714e9b2a1538ed74b95bdf5584e3ec0367c9",
        616140,
        0,
        "Apache-2.0 (Intel Open Model Zoo)",
    ),
    KnownModel(
        "osnet_x0_25_msmt17",
        "reid",
        "6f57607fed9f502b9efed546108132ee715df5a5b6e6932c6269bacb47f59f99",
        3057863,
        21,
        _RESEARCH,
    ),
    KnownModel(
        "osnet_x0_25_market1501",
        "reid",
        "c0ff09177a21417a19bc73bbf5af4eb5d2b097c2074ed35e67819ee6cd93612c",
        2462783,
        22,
        _RESEARCH,
    ),
)
