"""Heads: what turns the pooled vector into the embedding that is searched and the logits that are trained.

The four of FastReID. Each has the same three steps: `metric_features` (what metric losses see), `embed` (what
is searched; the BNNeck where there is one), `classify` (for training only). Every batch-norm neck keeps its
bias at 0, and no decision layer has a bias.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class HeadKind(StrEnum):
    """The heads by the names that a config uses."""

    BN = "bn"
    LINEAR = "linear"
    REDUCTION = "reduction"
    EMBEDDING = "embedding"


class HeadOutput(NamedTuple):
    """What losses need of one head.

    Attributes:
        metric: ``(B, d)`` for triplet, centre and the like.
        embedding: ``(B, d)``, what a search would see.
        logits: ``(B, C)``, or cosines from a `CosineClassifier`.
    """

    metric: Tensor
    embedding: Tensor
    logits: Tensor


def make_neck(dim: int, eps: float = 1e-5, momentum: float = 0.1) -> nn.BatchNorm1d:
    """BNNeck: batch norm whose bias stays 0 and whose scale starts at 1 (BoT; verified)."""
    neck = nn.BatchNorm1d(dim, eps, momentum)
    neck.bias.requires_grad_(False)
    return neck


class CosineClassifier(nn.Module):
    """Decision layer of ArcFace, CosFace and Circle: cosines between features and class weights.

    Args:
        dim: Length of a feature.
        num_classes: C.
        deviation: Of the zero-mean normal that weights are drawn from.
    """

    def __init__(self, dim: int, num_classes: int, deviation: float = 0.01) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, dim).normal_(0, deviation))

    def forward(self, features: Tensor) -> Tensor:
        """``(B, dim)`` to cosines ``(B, C)`` in -1..1; margins and scale belong to the loss."""
        return F.linear(F.normalize(features), F.normalize(self.weight))


def make_classifier(
    dim: int, num_classes: int, *, is_cosine: bool = False, deviation: float = 0.01
) -> nn.Module:
    """The decision layer, without bias, drawn from N(0, deviation^2) (FastReID v1.x 0.01; BoT 0.001)."""
    if is_cosine:
        return CosineClassifier(dim, num_classes, deviation)
    classifier = nn.Linear(dim, num_classes, bias=False)
    nn.init.normal_(classifier.weight, 0, deviation)
    return classifier


class Head(nn.Module):
    """One head.

    Args:
        kind: ``bn``: neck on the pooled vector (BoT). ``linear``: nothing between pooling and decision.
            ``reduction``: linear to ``reduced``, batch norm, leaky ReLU 0.1, dropout 0.5, neck (the paper's
            text). ``embedding``: linear to ``reduced``, neck (FastReID v1.x).
        dim: Length of the pooled vector.
        num_classes: C; 0 builds no classifier, for use without training.
        reduced: Length after the reduction of the last two kinds.
        is_cosine: Use a `CosineClassifier`.
        is_metric_after_neck: Metric losses see the embedding instead of the neck's input (SBS).
        dropout: Of the ``reduction`` head; FastReID 0.1.1 has none.
    """

    def __init__(
        self,
        kind: HeadKind | str,
        dim: int,
        num_classes: int = 0,
        *,
        reduced: int = 512,
        is_cosine: bool = False,
        is_metric_after_neck: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        kind = HeadKind(kind)
        self.is_metric_after_neck = is_metric_after_neck
        self.dim = reduced if kind in (HeadKind.REDUCTION, HeadKind.EMBEDDING) else dim
        self.reduction = _make_reduction(kind, dim, reduced, dropout)
        self.neck: nn.Module = nn.Identity() if kind is HeadKind.LINEAR else make_neck(self.dim)
        self.classifier = make_classifier(self.dim, num_classes, is_cosine=is_cosine) if num_classes else None

    def metric_features(self, pooled: Tensor) -> Tensor:
        """``(B, dim)`` pooled to ``(B, self.dim)``, before the neck."""
        out: Tensor = self.reduction(pooled)
        return out

    def embed(self, metric_features: Tensor) -> Tensor:
        """``(B, self.dim)`` before the neck to the embedding ``(B, self.dim)``, not L2-normalised."""
        out: Tensor = self.neck(metric_features)
        return out

    def classify(self, embedding: Tensor) -> Tensor:
        """``(B, self.dim)`` embedding to logits (or cosines) ``(B, C)``.

        Raises:
            ValueError: The head was built without classes.
        """
        if self.classifier is None:
            raise ValueError("this head has no classifier: build it with num_classes")
        out: Tensor = self.classifier(embedding)
        return out

    def learn(self, pooled: Tensor) -> HeadOutput:
        """``(B, dim)`` pooled to everything that losses need."""
        metric = self.metric_features(pooled)
        embedding = self.embed(metric)
        return HeadOutput(
            embedding if self.is_metric_after_neck else metric, embedding, self.classify(embedding)
        )

    def forward(self, pooled: Tensor) -> Tensor:
        """``(B, dim)`` pooled to the embedding ``(B, self.dim)``."""
        return self.embed(self.metric_features(pooled))


def _make_reduction(kind: HeadKind, dim: int, reduced: int, dropout: float) -> nn.Module:
    if kind is HeadKind.EMBEDDING:
        return nn.Linear(dim, reduced, bias=False)
    if kind is HeadKind.REDUCTION:
        layers = (make_neck(reduced), nn.LeakyReLU(0.1), nn.Dropout(dropout))
        return nn.Sequential(nn.Linear(dim, reduced, bias=False), *layers)
    return nn.Identity()
