"""Non-local blocks: every place of a map looks at every other, as AGW and SBS have them.

Wang et al., "Non-local Neural Networks" (CVPR 2018), in FastReID's dot-product form; verified, with the norm
taken as identity. Its parameter names are kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from reid_core.models.backbones.resnet import ResNet


class NonLocal(nn.Module):
    """``x + W(f g)`` with ``f = theta^T phi / n_positions``, no softmax; the identity at first.

    Args:
        n: Channels of the map.
        n_inner: Channels inside, by design ``n / 2``. In every release of FastReID a slip makes it 1, and so
            public AGW and SBS weights have 1.
    """

    def __init__(self, n: int, n_inner: int) -> None:
        super().__init__()
        self.g = nn.Conv2d(n, n_inner, 1)
        self.theta = nn.Conv2d(n, n_inner, 1)
        self.phi = nn.Conv2d(n, n_inner, 1)
        norm = nn.BatchNorm2d(n)
        nn.init.zeros_(norm.weight)
        self.W = nn.Sequential(nn.Conv2d(n_inner, n, 1), norm)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, n, H, W)`` to the same shape."""
        theta, phi, g = (layer(x).flatten(2) for layer in (self.theta, self.phi, self.g))
        affinity = theta.transpose(1, 2) @ phi / theta.shape[2]
        attended = (g @ affinity.transpose(1, 2)).reshape(x.shape[0], -1, *x.shape[2:])
        out: Tensor = x + self.W(attended)
        return out


class NonLocalStage(nn.Module):
    """A stage of residual blocks, some of which a non-local block follows.

    The blocks keep their numbers as names, so that a plain stage's weights fit.

    Args:
        blocks: Of the plain stage.
        after: Numbers of the blocks that a non-local block follows.
        n: Channels of the stage's map.
        n_inner: See `NonLocal`.
    """

    def __init__(self, blocks: Iterable[nn.Module], after: Iterable[int], n: int, n_inner: int) -> None:
        super().__init__()
        self._names = []
        for number, block in enumerate(blocks):
            self.add_module(str(number), block)
            self._names.append(str(number))
        self.non_local = nn.ModuleDict({str(number): NonLocal(n, n_inner) for number in after})

    def forward(self, x: Tensor) -> Tensor:
        """The stage's input to its map."""
        for name in self._names:
            x = self.get_submodule(name)(x)
            if name in self.non_local:
                x = self.non_local[name](x)
        return x


def add_non_local(
    net: ResNet, *, n_last: tuple[int, int] | None = None, n_inner: int | None = None
) -> ResNet:
    """Put non-local blocks after the last blocks of stages 2 and 3, in place.

    Args:
        net: A ResNet of bottlenecks.
        n_last: How many blocks of stage 2 and of stage 3; by default 2 and 3, or 2 and 9 at depth 101.
        n_inner: Channels inside; by default half of the stage's. 1 is what FastReID's files have.

    Returns:
        The same network.

    Raises:
        ValueError: A stage has fewer blocks than asked for.
    """
    counts = n_last or ((2, 9) if net.depth == 101 else (2, 3))
    sizes = (net.out_channels // 4, net.out_channels // 2)
    for stage, n_after, n in zip(("layer2", "layer3"), counts, sizes, strict=True):
        blocks = list(getattr(net, stage).children())
        if not 0 <= n_after <= len(blocks):
            raise ValueError(f"{stage} of ResNet-{net.depth} has {len(blocks)} blocks, fewer than {n_after}")
        after = range(len(blocks) - n_after, len(blocks))
        setattr(net, stage, NonLocalStage(blocks, after, n, n_inner or n // 2))
    return net
