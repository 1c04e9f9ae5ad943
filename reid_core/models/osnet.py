"""OSNet: omni-scale feature learning, plain, IBN and AIN, at widths 0.25, 0.5, 0.75 and 1.

Source: Zhou, Yang, Cavallaro, Xiang, "Omni-Scale Feature Learning for Person Re-Identification" (ICCV 2019)
and "Learning Generalisable Omni-Scale Representations" (TPAMI 2021). The names of the parameters are those
of torchreid (deep-person-reid), so its checkpoints load strictly.

A block squeezes its input with a 1x1 convolution to a quarter of the output width, sends it through four
streams of 1 to 4 light 3x3 convolutions (receptive fields 3, 5, 7, 9), weights each stream per channel with
one gate that all four share, adds them, expands, and adds the identity. The variants differ only in their
normalisation: IBN has instance norm in the stem and after the sum in the blocks of the second stage; AIN
has it in the stem and inside the residual of four blocks, chosen by the authors' architecture search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from reid_core.models.heads import HeadOutput

EMBEDDING_DIM = 512
"""Dimension of the embedding at every width."""
_STAGE_WIDTHS = (64, 256, 384, 512)
_GATE_REDUCTION = 16


class OSNetVariant(StrEnum):
    """Which normalisation the network uses."""

    PLAIN = "plain"
    IBN = "ibn"
    AIN = "ain"


@dataclass(frozen=True, slots=True)
class OSNetLayout:
    """Everything that decides the parameters' names and shapes.

    Attributes:
        width: Factor on the channels of width 1; 0.25, 0.5, 0.75 or 1.
        variant: Plain, IBN or AIN.
        n_classes: Training identities of the classifier; 0 = no classifier.
        has_neck: Whether a batch norm (BNNeck, see `OSNet`) follows the embedding layer.
    """

    width: float = 1.0
    variant: OSNetVariant = OSNetVariant.PLAIN
    n_classes: int = 0
    has_neck: bool = False


class ConvNorm(nn.Module):
    """Convolution without bias, normalisation and, if wanted, ReLU."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel: int,
        stride: int = 1,
        *,
        norm: Callable[[int], nn.Module] | None = nn.BatchNorm2d,
        is_activated: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=False)
        if norm is not None:
            self.bn = norm(n_out)
        self._is_normalised = norm is not None
        self._is_activated = is_activated

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n_in, H, W)`` to ``(B, n_out, H / stride, W / stride)``."""
        x = self.conv(x)
        if self._is_normalised:
            x = self.bn(x)
        return x.relu() if self._is_activated else x


class LightConv3x3(nn.Module):
    """A 1x1 convolution followed by a depthwise 3x3 one: the cheap stand-in for a full 3x3."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n, n, 1, bias=False)
        self.conv2 = nn.Conv2d(n, n, 3, padding=1, groups=n, bias=False)
        self.bn = nn.BatchNorm2d(n)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        return torch.relu(self.bn(self.conv2(self.conv1(x))))


class ChannelGate(nn.Module):
    """Weights each channel by a sigmoid of the pooled input (shared by the four streams of a block)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(n, n // _GATE_REDUCTION, 1)
        self.fc2 = nn.Conv2d(n // _GATE_REDUCTION, n, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        pooled = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(pooled))))


class LightConvStream(nn.Module):
    """``depth`` light convolutions one after another, under the name that AIN files use."""

    def __init__(self, n: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(LightConv3x3(n) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        out: Tensor = self.layers(x)
        return out


class OSBlock(nn.Module):
    """The omni-scale block of plain OSNet and OSNet-IBN (instance norm after the sum, if any)."""

    def __init__(self, n_in: int, n_out: int, *, has_instance_norm: bool = False) -> None:
        super().__init__()
        n_mid = n_out // 4
        self.conv1 = ConvNorm(n_in, n_mid, 1)
        self.conv2a = LightConv3x3(n_mid)
        self.conv2b = nn.Sequential(*(LightConv3x3(n_mid) for _ in range(2)))
        self.conv2c = nn.Sequential(*(LightConv3x3(n_mid) for _ in range(3)))
        self.conv2d = nn.Sequential(*(LightConv3x3(n_mid) for _ in range(4)))
        self.gate = ChannelGate(n_mid)
        self.conv3 = ConvNorm(n_mid, n_out, 1, is_activated=False)
        self.downsample = ConvNorm(n_in, n_out, 1, is_activated=False) if n_in != n_out else None
        self.IN = nn.InstanceNorm2d(n_out, affine=True) if has_instance_norm else None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n_in, H, W)`` to ``(B, n_out, H, W)``."""
        squeezed = self.conv1(x)
        streams = (self.conv2a, self.conv2b, self.conv2c, self.conv2d)
        mixed = sum((self.gate(stream(squeezed)) for stream in streams[1:]), self.gate(streams[0](squeezed)))
        out: Tensor = self.conv3(mixed) + (x if self.downsample is None else self.downsample(x))
        return (out if self.IN is None else self.IN(out)).relu()


class OSBlockAIN(nn.Module):
    """The omni-scale block of OSNet-AIN, with instance norm inside the residual or without."""

    def __init__(self, n_in: int, n_out: int, *, has_instance_norm: bool) -> None:
        super().__init__()
        n_mid = n_out // 4
        self.conv1 = ConvNorm(n_in, n_mid, 1)
        self.conv2 = nn.ModuleList(LightConvStream(n_mid, depth) for depth in (1, 2, 3, 4))
        self.gate = ChannelGate(n_mid)
        norm = None if has_instance_norm else nn.BatchNorm2d
        self.conv3 = ConvNorm(n_mid, n_out, 1, norm=norm, is_activated=False)
        self.downsample = ConvNorm(n_in, n_out, 1, is_activated=False) if n_in != n_out else None
        self.IN = nn.InstanceNorm2d(n_out, affine=True) if has_instance_norm else None

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n_in, H, W)`` to ``(B, n_out, H, W)``."""
        squeezed = self.conv1(x)
        mixed = sum((self.gate(stream(squeezed)) for stream in self.conv2), torch.zeros_like(squeezed))
        residual: Tensor = self.conv3(mixed)
        if self.IN is not None:
            residual = self.IN(residual)
        return (residual + (x if self.downsample is None else self.downsample(x))).relu()


def _transition(n: int) -> nn.Sequential:
    """Mix the channels, then halve height and width."""
    return nn.Sequential(ConvNorm(n, n, 1), nn.AvgPool2d(2, 2))


def _instance_norm(n: int) -> nn.Module:
    return nn.InstanceNorm2d(n, affine=True)


class OSNet(nn.Module):
    """The whole network.

    ``(B, 3, H, W)`` float32 RGB, normalised with ImageNet's mean and deviation, H and W multiples of 16
    (256 x 128 in the paper), to ``(B, 512)``: global average pooling, linear layer, batch norm, ReLU. In
    evaluation mode that is what torchreid returns. With ``has_neck`` one more batch norm, whose bias stays 0,
    follows (BNNeck; Luo et al., "Bag of Tricks", CVPRW 2019): metric losses see its input, the classifier
    its output, and its output is the embedding. Not L2-normalised.

    Args:
        layout: Width, variant and heads.
    """

    def __init__(self, layout: OSNetLayout) -> None:
        super().__init__()
        self.layout = layout
        self.dim = EMBEDDING_DIM
        c0, c1, c2, c3 = (int(n * layout.width) for n in _STAGE_WIDTHS)
        is_ain = layout.variant is OSNetVariant.AIN
        is_plain = layout.variant is OSNetVariant.PLAIN
        self.conv1 = ConvNorm(3, c0, 7, 2, norm=nn.BatchNorm2d if is_plain else _instance_norm)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        if is_ain:
            self.conv2 = _ain_stage(c0, c1, (True, True))
            self.pool2 = _transition(c1)
            self.conv3 = _ain_stage(c1, c2, (False, True))
            self.pool3 = _transition(c2)
            self.conv4 = _ain_stage(c2, c3, (True, False))
        else:
            self.conv2 = _stage(c0, c1, has_instance_norm=not is_plain)
            self.conv2.append(_transition(c1))
            self.conv3 = _stage(c1, c2)
            self.conv3.append(_transition(c2))
            self.conv4 = _stage(c2, c3)
        self.conv5 = ConvNorm(c3, c3, 1)
        self.fc = nn.Sequential(
            nn.Linear(c3, EMBEDDING_DIM), nn.BatchNorm1d(EMBEDDING_DIM), nn.ReLU(inplace=False)
        )
        if layout.has_neck:
            self.neck = nn.BatchNorm1d(EMBEDDING_DIM)
            self.neck.bias.requires_grad_(False)
        if layout.n_classes:
            self.classifier = nn.Linear(EMBEDDING_DIM, layout.n_classes)
        self.apply(_initialise)

    def feature_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to the last map, ``(B, 512 * width, H / 16, W / 16)``."""
        x = self.conv2(self.maxpool(self.conv1(images)))
        if self.layout.variant is OSNetVariant.AIN:
            x = self.pool3(self.conv3(self.pool2(x)))
        else:
            x = self.conv3(x)
        out: Tensor = self.conv5(self.conv4(x))
        return out

    def metric_features(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to what metric losses see, ``(B, 512)``: the embedding before the neck."""
        out: Tensor = self.fc(self.feature_map(images).mean((2, 3)))
        return out

    def embed(self, metric_features: Tensor) -> Tensor:
        """``(B, 512)`` metric features to embeddings ``(B, 512)``; the same where there is no neck."""
        return self.neck(metric_features) if self.layout.has_neck else metric_features

    def classify(self, embeddings: Tensor) -> Tensor:
        """``(B, 512)`` embeddings to logits ``(B, n_classes)``.

        Raises:
            ValueError: The network was built without a classifier.
        """
        if not self.layout.n_classes:
            raise ValueError("this OSNet has no classifier: build it with n_classes")
        out: Tensor = self.classifier(embeddings)
        return out

    def learn(self, images: Tensor) -> HeadOutput:
        """``(B, 3, H, W)`` to what the losses need.

        Raises:
            ValueError: The network was built without a classifier.
        """
        metric = self.metric_features(images)
        embedding = self.embed(metric)
        return HeadOutput(metric, embedding, self.classify(embedding))

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, 512)``, not normalised."""
        return self.embed(self.metric_features(images))


def _stage(n_in: int, n_out: int, *, has_instance_norm: bool = False) -> nn.Sequential:
    return nn.Sequential(
        OSBlock(n_in, n_out, has_instance_norm=has_instance_norm),
        OSBlock(n_out, n_out, has_instance_norm=has_instance_norm),
    )


def _ain_stage(n_in: int, n_out: int, instance_norms: tuple[bool, bool]) -> nn.Sequential:
    first, second = instance_norms
    return nn.Sequential(
        OSBlockAIN(n_in, n_out, has_instance_norm=first), OSBlockAIN(n_out, n_out, has_instance_norm=second)
    )


def _initialise(module: nn.Module) -> None:
    """He initialisation of convolutions, N(0, 0.01) of linear layers, as torchreid does."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0, 0.01)
        nn.init.zeros_(module.bias)


def recognise(state: Mapping[str, Tensor]) -> OSNetLayout | None:
    """The layout that a state dict was saved from, read off its names and shapes; None if it is no OSNet.

    Args:
        state: Parameters and buffers by name, without a ``module.`` prefix.
    """
    stem, gate = state.get("conv1.conv.weight"), state.get("conv2.0.gate.fc1.weight")
    embedding = state.get("fc.0.weight")
    if stem is None or gate is None or embedding is None:
        return None
    if any(re.match(r"conv2\.\d\.conv2\.\d\.layers\.", name) for name in state):
        variant = OSNetVariant.AIN
    elif "conv2.0.IN.weight" in state:
        variant = OSNetVariant.IBN
    else:
        variant = OSNetVariant.PLAIN
    classifier = state.get("classifier.weight")
    return OSNetLayout(
        width=stem.shape[0] / _STAGE_WIDTHS[0],
        variant=variant,
        n_classes=0 if classifier is None else classifier.shape[0],
        has_neck="neck.weight" in state,
    )


def from_state(state: Mapping[str, Tensor]) -> OSNet:
    """Build the network that a state dict belongs to and load it strictly; evaluation mode.

    The classifier, of no use outside training, is left out.

    Raises:
        ValueError: The state dict is not OSNet's, or does not fit its own layout.
    """
    layout = recognise(state)
    if layout is None:
        raise ValueError("the parameters are not those of an OSNet")
    net = OSNet(OSNetLayout(layout.width, layout.variant, 0, layout.has_neck))
    backbone = {name: value for name, value in state.items() if not name.startswith("classifier.")}
    try:
        net.load_state_dict(backbone, strict=True)
    except RuntimeError as error:
        raise ValueError(f"the parameters do not fit an OSNet x{layout.width}: {error}") from error
    return net.eval()
