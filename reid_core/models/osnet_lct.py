"""OSNet with linear context gates and a learned pooling, as in Intel's person-reidentification-retail-0277.

Source: Intel's Open Model Zoo (Apache-2.0), read off the published graph: OSNet of width 1 (Zhou et al., ICCV
2019) with instance norm on the picture and in the stem; the second block of every stage weighs its streams by
a linear context transform (Ruan et al., "Linear Context Transform Block", AAAI 2020), not OSNet's gate; the
last map is pooled by a depthwise convolution of its own size, so that the published graph takes pictures of
256 x 128 alone; here it is resampled for other sizes. All batch norms of the published graph are merged into
the convolutions before them, and so they are here: nothing in this network depends on the other pictures of a
batch, in training neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reid_core.models.heads import HeadOutput, make_classifier, make_neck
from reid_core.models.osnet import ChannelGate

HEIGHT, WIDTH = 256, 128
STRIDE = 16
"""Pixels of a picture in one place of the last maps."""
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


class OSNetLCTTrunk(nn.Module):
    """The network up to its last map: `reid_core.models.trunk.Trunk` for any head.

    ``(B, 3, H, W)`` float32 RGB, normalised with ImageNet's mean and deviation, H and W multiples of 16, to
    ``(B, 512, H / 16, W / 16)``. The first layer normalises every channel of every picture by itself, so that
    another scale of the pixels makes no difference.
    """

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
        self.mid_channels, self.out_channels = c2, c3

    def stem(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to ``(B, 64, H / 4, W / 4)``."""
        out: Tensor = self.maxpool(torch.relu(self.norm1(self.conv1(self.norm0(images)))))
        return out

    def mid_map(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to what the last stage sees, ``(B, 384, H / 16, W / 16)``."""
        x = self.transition2(self.conv2(self.stem(images)))
        out: Tensor = self.transition3(self.conv3(x))
        return out

    def last_map(self, mid_map: Tensor) -> Tensor:
        """``(B, 384, h, w)`` to the last map, ``(B, 512, h, w)``."""
        return torch.relu(self.conv5(self.conv4(mid_map)))

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.last_map(self.mid_map(images))

    def front(self) -> tuple[nn.Module, ...]:
        """The layers before the mid map."""
        stem = (self.norm0, self.conv1, self.norm1)
        return (*stem, self.conv2, self.transition2, self.conv3, self.transition3)


class OSNetLCT(OSNetLCTTrunk):
    """The whole network: ``(B, 3, H, W)`` as the trunk takes it to ``(B, 256)``, not L2-normalised.

    The learned pooling is made for 256 x 128; for maps of another size it is resampled, its sum kept.

    Args:
        num_classes: C; 0 builds no classifier, for use without training.
        has_neck: One batch norm more, whose bias stays 0 (BNNeck; Luo et al., CVPRW 2019): metric losses see
            its input, the classifier its output, and its output is the embedding. The published network
            has none.
    """

    dim = 256

    def __init__(self, num_classes: int = 0, *, has_neck: bool = False) -> None:
        super().__init__()
        c = self.out_channels
        self.pool = nn.Conv2d(c, c, (HEIGHT // STRIDE, WIDTH // STRIDE), groups=c)
        self.fc = nn.Linear(c, self.dim)
        self.act = nn.PReLU()
        self.neck: nn.Module = make_neck(self.dim) if has_neck else nn.Identity()
        self.classifier = make_classifier(self.dim, num_classes) if num_classes else None

    def finish(self, middle: Tensor) -> Tensor:
        """The mid map, ``(B, 384, H / 16, W / 16)``, to embeddings ``(B, 256)``."""
        out: Tensor = self.neck(self._vector(middle))
        return out

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.finish(self.mid_map(images))

    def learn(self, images: Tensor) -> HeadOutput:
        """``(B, 3, H, W)`` to what the losses need.

        Raises:
            ValueError: The network was built without a classifier.
        """
        if self.classifier is None:
            raise ValueError("this OSNet has no classifier: build it with num_classes")
        metric = self._vector(self.mid_map(images))
        embedding = self.neck(metric)
        return HeadOutput(metric, embedding, self.classifier(embedding))

    def _vector(self, middle: Tensor) -> Tensor:
        out: Tensor = self.act(self.fc(self._pooled(self.last_map(middle)).flatten(1)))
        return out

    def _pooled(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        weight = self.pool.weight
        if weight.shape[2:] != x.shape[2:]:
            rows, columns = overlaps(weight.shape[2], height), overlaps(weight.shape[3], width)
            weight = rows.to(weight) @ weight @ columns.to(weight).T
        return F.conv2d(x, weight, self.pool.bias, groups=len(weight))

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


def overlaps(n: int, m: int) -> Tensor:
    """How much of each of ``n`` equal cells lies in each of ``m``: ``(m, n)`` in 0..1, columns sum to 1.

    >>> overlaps(3, 2).tolist()
    [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]
    """
    edges = torch.arange(m + 1) * (n / m)
    cells = torch.arange(n)
    ends = torch.minimum(edges[1:, None], cells + 1.0)
    return (ends - torch.maximum(edges[:-1, None], cells)).clamp(min=0)


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

    Weights of 16 bits become 32.

    Raises:
        ValueError: They do not fit.
    """
    net = OSNetLCT()
    try:
        net.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:
        raise ValueError(f"the parameters do not fit an OSNet with context gates: {error}") from error
    return net.eval()
