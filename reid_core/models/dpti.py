"""DPTI: part templates that are initialised from the image itself, and parts found by attention.

"Dynamic Template Initialization for Part-Aware Person Re-ID" (2022), from its formulas; no code was released
and no figure to reproduce was found, so the network as a whole is a *reconstruction*. The formulas below are
checked by known answers. The paper leaves open: number of parts N and length d, heads, loss weights,
schedule, the shape of the residual, what feeds the global vector; each is an option or stands in a docstring.

    layer3 map -> 1x1 conv -> spatial encoder -> A -> templates t_1..t_N, logits gamma_1..gamma_N
    layer4 map -> 1x1 conv -> spatial encoder -> keys and values; t_i are queries -> parts f_1..f_N
    mean over positions of the second encoder -> global vector
    descriptor = [global; N rho_1 f_1; ..; N rho_N f_N],  rho = softmax of the mean of each gamma_i
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

import torch
from torch import Tensor, nn

from reid_core.models.heads import Head, HeadOutput
from reid_core.models.trunk import Trunk


class Residual(StrEnum):
    """How an encoder layer adds what it attended to (g) to its input (f)."""

    PRINTED = "printed"
    STANDARD = "standard"


class Description(NamedTuple):
    """Everything that the network says about a batch of images.

    Attributes:
        descriptor: ``(B, (N + 1) d)``, global vector first, parts weighted by presence.
        parts: ``(B, N, d)``, not weighted.
        presence: ``(B, N)`` in 0..1, sums to 1: rho; all 1 / N where weighting is off.
        template_maps: ``(B, N, h, w)`` where in the image each template was taken from; sums to 1 a part.
        part_maps: ``(B, N, h, w)`` what each part looks at in the last map; sums to 1 a part.
    """

    descriptor: Tensor
    parts: Tensor
    presence: Tensor
    template_maps: Tensor
    part_maps: Tensor


class DPTIOutput(NamedTuple):
    """What the losses need.

    Attributes:
        full: Head on the whole descriptor, as the paper trains it.
        reduced: Head on its learned reduction to at most 512 dimensions, else None.
        parts: ``(B, N, d)`` for the diversity loss.
    """

    full: HeadOutput
    reduced: HeadOutput | None
    parts: Tensor


class Attention(nn.Module):
    """Scaled dot-product attention without biases: ``beta = softmax(K^T q / sqrt(d_k))``, ``g = V beta``.

    Args:
        dim: d.
        n_heads: 1 is the paper's formula; more split d.
    """

    def __init__(self, dim: int, n_heads: int = 1) -> None:
        super().__init__()
        if dim % n_heads:
            raise ValueError(f"{dim} dimensions do not split into {n_heads} heads")
        self.n_heads = n_heads
        self.query = nn.Linear(dim, dim, bias=False)
        self.key = nn.Linear(dim, dim, bias=False)
        self.value = nn.Linear(dim, dim, bias=False)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Attend from each row of ``x`` to the rows of ``memory``.

        Args:
            x: ``(B, n, d)``.
            memory: ``(B, m, d)``.

        Returns:
            ``(B, n, d)`` g, and ``(B, n, m)`` beta, averaged over heads; its rows sum to 1.
        """
        q, k, v = self._split(self.query(x)), self._split(self.key(memory)), self._split(self.value(memory))
        beta = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(dim=3)
        return (beta @ v).transpose(1, 2).flatten(2), beta.mean(dim=1)

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[1], self.n_heads, -1).transpose(1, 2)


class EncoderLayer(nn.Module):
    """Attention and a feed-forward network ``d -> 4 d -> d`` with ReLU (its inside is a reconstruction).

    Args:
        dim: d.
        n_heads: See `Attention`.
        residual: ``printed`` is ``FFN(g + f) + g`` as in the paper; ``standard`` is
            ``LN(FFN(h) + h)`` with ``h = LN(g + f)``.
    """

    def __init__(self, dim: int, n_heads: int = 1, residual: Residual = Residual.PRINTED) -> None:
        super().__init__()
        self.attention = Attention(dim, n_heads)
        self.ffn = nn.Sequential(nn.Linear(dim, 4 * dim), nn.ReLU(), nn.Linear(4 * dim, dim))
        is_standard = residual is Residual.STANDARD
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2 if is_standard else 0))

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """``(B, n, d)`` and ``(B, m, d)`` to ``(B, n, d)`` and the attention ``(B, n, m)``."""
        g, beta = self.attention(x, memory)
        if not self.norms:
            return self.ffn(g + x) + g, beta
        h = self.norms[0](g + x)
        return self.norms[1](self.ffn(h) + h), beta


class TemplateInit(nn.Module):
    """Simplified cross-attention: ``gamma_i = A^T q_i`` (not scaled), ``t_i = W_v A softmax(gamma_i)``.

    There is no key projection: it would be absorbed in the learned queries.

    Args:
        n_parts: N.
        dim: d.
    """

    def __init__(self, n_parts: int, dim: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(n_parts, dim) / math.sqrt(dim))
        self.value = nn.Linear(dim, dim, bias=False)

    def forward(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """``(B, n, d)`` encoded positions to templates ``(B, N, d)`` and logits gamma ``(B, N, n)``."""
        gamma = self.queries @ encoded.transpose(1, 2)
        return self.value(gamma.softmax(dim=2) @ encoded), gamma


def presence_of(gamma: Tensor) -> Tensor:
    """How present each part is: softmax over parts of the mean of its logits.

    Args:
        gamma: ``(B, N, n)``.

    Returns:
        rho, ``(B, N)``, rows sum to 1; the weight of part i is ``N * rho_i``, 1 on average.
    """
    return gamma.mean(dim=2).softmax(dim=1)


def concatenate(global_vector: Tensor, parts: Tensor, weights: Tensor) -> Tensor:
    """The descriptor ``[global; w_1 f_1; ..; w_N f_N]``.

    Args:
        global_vector: ``(B, d)``.
        parts: ``(B, N, d)``.
        weights: ``(B, N)``, ``N * rho``.

    Returns:
        ``(B, (N + 1) d)``. Compared by cosine, so that a part of low weight adds little.
    """
    return torch.cat([global_vector, (weights[:, :, None] * parts).flatten(1)], dim=1)


def sinusoids(height: int, width: int, dim: int) -> Tensor:
    """Fixed positional encoding of a grid: half of the dimensions for rows, half for columns.

    Returns:
        ``(height * width, dim)`` in -1..1; dim is a multiple of 4. (The paper mentions no encoding.)
    """
    rates = torch.exp(torch.arange(0, dim // 2, 2) * (-math.log(10000.0) / (dim // 2)))
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    angles = torch.cat([at.reshape(-1, 1) * rates for at in (rows, columns)], dim=1)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class DPTI(nn.Module):
    """The whole network.

    ``(B, 3, 256, 128)`` normalised images to ``(B, 512)``: the learned reduction of the descriptor, for a
    search over many images (ours; the paper compares whole descriptors). `describe` gives the rest.

    Args:
        backbone: ResNet; with last stride 1 both maps have the same size.
        num_classes: C; 0 builds no classifiers.
        n_parts: N.
        dim: d.
        n_heads: Of every attention.
        residual: See `EncoderLayer`. Printed, or without positions, all parts stay one and the same
            vector, where the diversity loss has no gradient (ADR 0033); so neither is the default.
        is_weighted: Adaptive part weighting, in training and after.
        has_positions: Add `sinusoids` in front of both spatial encoders.
        has_neck: BNNeck on the descriptor.
        reduced: Dimensions of the searchable embedding, at most 512; None searches the whole descriptor.
    """

    def __init__(
        self,
        backbone: Trunk,
        num_classes: int = 0,
        *,
        n_parts: int = 6,
        dim: int = 512,
        n_heads: int = 1,
        residual: Residual | str = Residual.STANDARD,
        is_weighted: bool = True,
        has_positions: bool = True,
        has_neck: bool = True,
        reduced: int | None = 512,
    ) -> None:
        super().__init__()
        residual = Residual(residual)
        self.backbone = backbone
        self.n_parts, self.is_weighted, self.has_positions = n_parts, is_weighted, has_positions
        self.mid_conv = nn.Conv2d(backbone.mid_channels, dim, 1)
        self.mid_encoder = EncoderLayer(dim, n_heads, residual)
        self.templates = TemplateInit(n_parts, dim)
        self.last_conv = nn.Conv2d(backbone.out_channels, dim, 1)
        self.last_encoder = EncoderLayer(dim, n_heads, residual)
        self.part_decoder = EncoderLayer(dim, n_heads, residual)
        self.full_dim = (n_parts + 1) * dim
        self.head = Head("bn" if has_neck else "linear", self.full_dim, num_classes)
        self.search_head = Head("embedding", self.full_dim, num_classes, reduced=reduced) if reduced else None
        self.dim = reduced or self.full_dim

    def describe(self, images: Tensor) -> Description:
        """``(B, 3, H, W)`` to the descriptor, the parts, their presence and where they were seen."""
        mid = self.backbone.mid_map(images)
        last = self.backbone.last_map(mid)
        mid_positions, last_positions = (
            self._positions(self.mid_conv(mid)),
            self._positions(self.last_conv(last)),
        )
        templates, gamma = self.templates(self.mid_encoder(mid_positions, mid_positions)[0])
        memory, _ = self.last_encoder(last_positions, last_positions)
        parts, beta = self.part_decoder(templates, memory)
        rho = presence_of(gamma) if self.is_weighted else parts.new_full(parts.shape[:2], 1 / self.n_parts)
        return Description(
            concatenate(memory.mean(dim=1), parts, self.n_parts * rho),
            parts,
            rho,
            gamma.softmax(dim=2).reshape(*gamma.shape[:2], *mid.shape[2:]),
            beta.reshape(*beta.shape[:2], *last.shape[2:]),
        )

    def full_embedding(self, description: Description) -> Tensor:
        """The whole descriptor after the neck, ``(B, (N + 1) d)``: what the paper compares by cosine."""
        return self.head.embed(description.descriptor)

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 3, H, W)`` to embeddings ``(B, self.dim)``, not normalised."""
        description = self.describe(images)
        if self.search_head is None:
            return self.full_embedding(description)
        out: Tensor = self.search_head(description.descriptor)
        return out

    def learn(self, images: Tensor) -> DPTIOutput:
        """``(B, 3, H, W)`` to what the losses need.

        Raises:
            ValueError: The network was built without classes.
        """
        description = self.describe(images)
        reduced = self.search_head.learn(description.descriptor) if self.search_head is not None else None
        return DPTIOutput(self.head.learn(description.descriptor), reduced, description.parts)

    def _positions(self, x: Tensor) -> Tensor:
        """``(B, d, h, w)`` to ``(B, h * w, d)``, with the positional encoding where it is on."""
        positions = x.flatten(2).transpose(1, 2)
        if not self.has_positions:
            return positions
        return positions + sinusoids(x.shape[2], x.shape[3], x.shape[1]).to(positions)
