"""OSNet with linear context gates and a learned pooling, as in Intel's person-reidentification-retail-0277.

Source: Intel's Open Model Zoo (Apache-2.0), read off the published graph: OSNet of width 1 (Zhou et al., ICCV
2019) with instance norm on the picture and in the stem; the second block of every stage weighs its streams by
a linear context transform (Ruan et al., "Linear Context Transform Block", AAAI 2020), not OSNet's gate; the
last map is pooled by a depthwise convolution of its own size, so pictures have one size, 256 x 128. All batch
norms of the published graph are merged into the convolutions before them, and so they are here: nothing in
this network depends on the other pictures of a batch, in training neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from reid_core.models.osnet import ChannelGate

HEIGHT, WIDTH = 256, 128
_STAGES = ((64, 256), (256, 384), (384, 512))
_N_CONTEXT_GROUPS = 16
_DEPTHS = (1, 2, 3, 4)


class LightConv(nn.Module):
    """A 1x1 convolution, a depthwise 3x3 one, ReLU: OSNet's light convolution with its norm merged."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n, n, 1, bias=False)
        self.conv2 = nn.Conv2d(n, n, 3, padding=1, groups=n)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        return torch.relu(self.conv2(self.conv1(x)))


class ContextGate(nn.Module):
    """Weighs channels by their group-normalised means (Ruan et al., AAAI 2020, section 3)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_N_CONTEXT_GROUPS, n)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        return x * torch.sigmoid(self.norm(x.mean((2, 3), keepdim=True)))


class Block(nn.Module):
    """The omni-scale block: four streams of 1 to 4 light convolutions, weighed, added, expanded.

    Args:
        n_in: Channels that come.
        n_out: Channels that go.
        has_context: Each stream has a `ContextGate`; otherwise all share one `ChannelGate`.
    """

    def __init__(self, n_in: int, n_out: int, *, has_context: bool) -> None:
        super().__init__()
        n = n_out // 4
        self.conv1 = nn.Conv2d(n_in, n, 1)
        self.streams = nn.ModuleList(
            nn.Sequential(*(LightConv(n) for _ in range(depth))) for depth in _DEPTHS
        )
        self.gates = nn.ModuleList([ContextGate(n) for _ in _DEPTHS] if has_context else [ChannelGate(n)])
        self.conv3 = nn.Conv2d(n, n_out, 1)
        self.downsample = nn.Conv2d(n_in, n_out, 1) if n_in != n_out else None

    def weighed(self, number: int, x: Tensor) -> Tensor:
        """What a stream makes of ``(B, n, H, W)``."""
        out: Tensor = self.gates[number % len(self.gates)](self.streams[number](x))
        return out

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n_in, H, W)`` to ``(B, n_out, H, W)``."""
        squeezed = torch.relu(self.conv1(x))
        mixed = self.weighed(0, squeezed)
        for number in range(1, len(_DEPTHS)):
            mixed = mixed + self.weighed(number, squeezed)
        return torch.relu(self.conv3(mixed) + (x if self.downsample is None else self.downsample(x)))


class Transition(nn.Module):
    """Mixes the channels, then halves height and width."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n, n, 1)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to ``(B, n, H / 2, W / 2)``."""
        out: Tensor = self.pool(torch.relu(self.conv(x)))
        return out


class OSNetLCT(nn.Module):
    """``(B, 3, 256, 128)`` float32 RGB, normalised with ImageNet's mean and deviation, to ``(B, 256)``.

    Not L2-normalised. The first layer normalises every channel of every picture by itself, so that another
    scale of the pixels makes no difference.
    """

    dim = 256

    def __init__(self) -> None:
        super().__init__()
        c1, c2, c3 = (n_out for _, n_out in _STAGES)
        self.norm0 = nn.InstanceNorm2d(3, affine=True)
        self.conv1 = nn.Conv2d(3, _STAGES[0][0], 7, 2, 3, bias=False)
        self.norm1 = nn.InstanceNorm2d(_STAGES[0][0], affine=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.conv2, self.conv3, self.conv4 = (
            nn.Sequential(Block(n_in, n_out, has_context=False), Block(n_out, n_out, has_context=True))
            for n_in, n_out in _STAGES
        )
        self.transition2, self.transition3 = Transition(c1), Transition(c2)
        self.conv5 = nn.Conv2d(c3, c3, 1)
        self.pool = nn.Conv2d(c3, c3, (HEIGHT // 16, WIDTH // 16), groups=c3)
        self.fc = nn.Linear(c3, self.dim)
        self.act = nn.PReLU()

    def stem(self, images: Tensor) -> Tensor:
        """``(B, 3, 256, 128)`` to ``(B, 64, 64, 32)``."""
        out: Tensor = self.maxpool(torch.relu(self.norm1(self.conv1(self.norm0(images)))))
        return out

    def middle(self, images: Tensor) -> Tensor:
        """``(B, 3, 256, 128)`` to what the last stage sees, ``(B, 384, 16, 8)``."""
        x = self.transition2(self.conv2(self.stem(images)))
        out: Tensor = self.transition3(self.conv3(x))
        return out

    def finish(self, middle: Tensor) -> Tensor:
        """``(B, 384, 16, 8)`` to embeddings ``(B, 256)``."""
        x = torch.relu(self.conv5(self.conv4(middle)))
        out: Tensor = self.act(self.fc(self.pool(x).flatten(1)))
        return out

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.finish(self.middle(images))

    def in_order(self) -> Iterator[Tensor]:
        """The parameters in the order in which a picture meets them; those that are shared come again."""
        yield from (*self.norm0.parameters(), self.conv1.weight, *self.norm1.parameters())
        for stage, transition in (
            (self.conv2, self.transition2),
            (self.conv3, self.transition3),
            (self.conv4, None),
        ):
            for block in stage:
                yield from _of_block(block)
            if transition is not None:
                yield from transition.conv.parameters()
        for layer in (self.conv5, self.pool, self.fc, self.act):
            yield from layer.parameters()


def _of_block(block: nn.Module) -> Iterator[Tensor]:
    assert isinstance(block, Block)
    yield from block.conv1.parameters()
    for number, stream in enumerate(block.streams):
        yield from stream.parameters()
        yield from block.gates[number % len(block.gates)].parameters()
    yield from block.conv3.parameters()
    if block.downsample is not None:
        yield from block.downsample.parameters()


def from_state(state: Mapping[str, Tensor]) -> OSNetLCT:
    """The network of these weights, loaded strictly; evaluation mode.

    Raises:
        ValueError: They do not fit.
    """
    net = OSNetLCT()
    try:
        net.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:
        raise ValueError(f"the parameters do not fit an OSNet with context gates: {error}") from error
    return net.eval()
