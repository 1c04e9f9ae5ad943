"""From a config to what is minimised: the network's output and labels to named, weighted terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor

from reid_core.errors import UsageError
from reid_core.models.methods import Method, NetworkSpec
from training.config import IdentityLoss, LossConfig, MetricLoss, TrainingConfig
from training.losses.arcface import arcface_logits
from training.losses.center import center_mean
from training.losses.circle import circle_logits, circle_loss
from training.losses.cosface import cosface_logits
from training.losses.cross_entropy import adaptive_smoothing, cross_entropy, cross_entropy_fastreid
from training.losses.focal import focal_loss
from training.losses.objectives import (
    IdentityTerm,
    MetricTerm,
    Terms,
    cbdb_objective,
    channel_group_objective,
    dpti_objective,
    dsr_objective,
    mgn_objective,
    toolbox_objective,
)
from training.losses.triplet import Mining, triplet_loss
from training.losses.unified import unified_loss

_TOOLBOX = (Method.BASELINE, Method.MGN)
Objective = Callable[[Any, Tensor, Tensor | None], Terms]
"""From what ``learn`` of the network gave, ``(B,)`` classes, and ``(C, d)`` centres or None, to the terms."""


def network_spec(config: TrainingConfig) -> NetworkSpec:
    """The network to train: the config's, with a cosine classifier where the loss needs one.

    Raises:
        UsageError: The loss needs one, and the method has none.
    """
    if not config.loss.identity.needs_cosines:
        return config.model
    if config.model.method not in _TOOLBOX:
        raise UsageError(f"{config.loss.identity} needs a cosine classifier: {' or '.join(_TOOLBOX)}.")
    return replace(config.model, options={**config.model.options, "is_cosine": True})


def make_objective(config: TrainingConfig) -> Objective:
    """The objective of a config.

    BoT, baseline and OSNet with centres are BoT's; MGN, DSR, CBDB-Net, DPTI and the classification-loss
    network have their own.
    """
    loss = config.loss
    margin = None if loss.is_soft_margin else loss.margin
    match config.model.method:
        case Method.CBDB:
            detach = loss.detach_elastic_weights
            return lambda output, labels, _: cbdb_objective(
                output,
                labels,
                smoothing=loss.smoothing,
                margin=margin,
                is_elastic=loss.is_elastic,
                detach_weights=detach,
            )
        case Method.DPTI:
            return lambda output, labels, _: dpti_objective(
                output,
                labels,
                smoothing=loss.smoothing,
                margin=margin,
                diversity_weight=loss.diversity_weight,
            )
        case Method.CHANNEL_GROUPS:
            return lambda output, labels, _: channel_group_objective(output, labels, smoothing=loss.smoothing)
        case Method.MGN | Method.DSR:
            of_heads = mgn_objective if config.model.method is Method.MGN else dsr_objective
            identity, metric = make_identity_term(loss), make_metric_term(loss)
            return lambda output, labels, _: of_heads(output, labels, identity, metric)
        case _:
            return partial(_with_centers, loss, make_identity_term(loss), make_metric_term(loss))


def make_identity_term(loss: LossConfig) -> IdentityTerm:
    """The loss on the classifier: ``(B, C)`` logits, or cosines where it has a margin, and labels to one."""
    scale, margin, smoothing = loss.scale, loss.identity_margin, loss.smoothing
    match loss.identity:
        case IdentityLoss.CROSS_ENTROPY:
            return lambda logits, labels: cross_entropy(logits, labels, smoothing)
        case IdentityLoss.CROSS_ENTROPY_FASTREID:
            return lambda logits, labels: cross_entropy_fastreid(logits, labels, smoothing)
        case IdentityLoss.CROSS_ENTROPY_ADAPTIVE:
            return lambda logits, labels: cross_entropy_fastreid(
                logits, labels, adaptive_smoothing(logits, labels, smoothing)
            )
        case IdentityLoss.FOCAL:
            return focal_loss
    with_margin = {
        IdentityLoss.ARCFACE: arcface_logits,
        IdentityLoss.COSFACE: cosface_logits,
        IdentityLoss.CIRCLE: circle_logits,
    }[loss.identity]
    return lambda cosines, labels: cross_entropy(with_margin(cosines, labels, scale, margin), labels)


def make_metric_term(loss: LossConfig) -> MetricTerm | None:
    """The loss on pairs: ``(B, d)`` features and labels to a scalar; None where there is none."""
    match loss.metric:
        case MetricLoss.NONE:
            return None
        case MetricLoss.CIRCLE:
            return lambda features, labels: circle_loss(features, labels, loss.margin, loss.gamma)
        case MetricLoss.UNIFIED:
            return lambda features, labels: unified_loss(features, labels, loss.margin, loss.gamma)
        case MetricLoss.TRIPLET:
            margin = None if loss.is_soft_margin else loss.margin
            mining = Mining.WEIGHTED if loss.is_weighted_mining else Mining.HARD
            return lambda features, labels: triplet_loss(
                features, labels, margin=margin, mining=mining, normalize=loss.is_normalized
            )


def _with_centers(
    loss: LossConfig,
    identity: IdentityTerm,
    metric: MetricTerm | None,
    output: Any,
    labels: Tensor,
    centers: Tensor | None,
) -> Terms:
    terms = toolbox_objective(output, labels, identity, metric)
    if centers is None:
        return terms
    return {**terms, "center": loss.center_weight * center_mean(output.metric, labels, centers)}
