"""What each method minimises: its losses with their weights, as named terms to sum and to log.

Terms are already weighted; `total` adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from reid_core.models.cbdb import CBDBOutput
from reid_core.models.dpti import DPTIOutput
from reid_core.models.dsr import DSROutput
from reid_core.models.heads import HeadOutput
from training.losses.branches import branch_cross_entropies
from training.losses.center import center_mean
from training.losses.cross_entropy import cross_entropy
from training.losses.diversity import diversity_loss
from training.losses.elastic import elastic_loss
from training.losses.triplet import triplet_loss

Terms = Mapping[str, Tensor]
IdentityTerm = Callable[[Tensor, Tensor], Tensor]
MetricTerm = Callable[[Tensor, Tensor], Tensor]
MGN_GRANULARITIES = (("b1",), ("b2",), ("b3",), ("b21", "b22"), ("b31", "b32", "b33"))
"""The heads whose vectors a metric loss sees as one."""


def total(terms: Terms) -> Tensor:
    """The sum of the weighted terms."""
    return torch.stack(list(terms.values())).sum()


def bot_objective(
    metric: Tensor,
    logits: Tensor,
    labels: Tensor,
    centers: Tensor | None,
    *,
    smoothing: float = 0.1,
    margin: float | None = 0.3,
    center_weight: float = 5e-4,
) -> Terms:
    """BoT: ``L_ID + L_tri + beta * L_C``, the centre loss in its mean form; verified.

    Args:
        metric: ``(B, d)`` before the neck.
        logits: ``(B, C)``.
        labels: ``(B,)`` classes.
        centers: ``(C, d)``, or None for no centre loss.
        smoothing: Of the paper form; 0 switches it off.
        margin: Of the batch-hard triplet; None is the soft margin.
        center_weight: beta.
    """
    terms = {
        "identity": cross_entropy(logits, labels, smoothing),
        "triplet": triplet_loss(metric, labels, margin=margin),
    }
    if centers is not None:
        terms["center"] = center_weight * center_mean(metric, labels, centers)
    return terms


def toolbox_objective(
    output: HeadOutput, labels: Tensor, identity: IdentityTerm, metric: MetricTerm | None
) -> Terms:
    """Any loss on the classifier and any on pairs: FastReID's toolbox.

    Args:
        output: Of one head.
        labels: ``(B,)`` classes.
        identity: From ``(B, C)`` logits, or cosines, and labels to a loss.
        metric: From ``(B, d)`` features and labels to a loss; None for no loss on pairs.
    """
    terms = {"identity": identity(output.logits, labels)}
    return terms if metric is None else terms | {"metric": metric(output.metric, labels)}


def dsr_objective(
    output: DSROutput, labels: Tensor, identity: IdentityTerm, metric: MetricTerm | None
) -> Terms:
    """DSR: the losses of the global vector and, once more, of the foreground's; arguments as above."""
    whole = toolbox_objective(output.whole, labels, identity, metric)
    foreground = toolbox_objective(output.foreground, labels, identity, metric)
    return {**whole, **{f"foreground_{name}": term for name, term in foreground.items()}}


def mgn_objective(
    outputs: Mapping[str, HeadOutput], labels: Tensor, identity: IdentityTerm, metric: MetricTerm | None
) -> Terms:
    """MGN in FastReID: an eighth of each head's identity loss, a fifth of each granularity's metric loss.

    The stripes of a branch are joined for the metric loss: b1, b2, b3, [b21; b22], [b31; b32; b33].

    Args:
        outputs: Of the network, by the name of the head.
        labels: ``(B,)`` classes.
        identity: As in `toolbox_objective`.
        metric: As in `toolbox_objective`.
    """
    terms = {
        f"identity_{name}": identity(output.logits, labels) / len(outputs) for name, output in outputs.items()
    }
    if metric is None:
        return terms
    for names in MGN_GRANULARITIES:
        joined = torch.cat([outputs[name].metric for name in names], dim=1)
        terms[f"metric_{names[0]}"] = metric(joined, labels) / len(MGN_GRANULARITIES)
    return terms


def cbdb_objective(
    output: CBDBOutput,
    labels: Tensor,
    *,
    smoothing: float = 0.1,
    margin: float | None = 0.3,
    is_elastic: bool = True,
    detach_weights: bool = False,
) -> Terms:
    """CBDB-Net: cross-entropy and Elastic Loss of each branch, batch means summed over branches.

    The text writes sums over images as well; the code takes means, and so does this. The code's further term
    of 1e-5 times a triplet loss per branch is left out: it is numerically nothing. The IDE branch gets the
    same two losses.

    Args:
        output: Of the network.
        labels: ``(B,)`` classes.
        smoothing: Of the paper form.
        margin: Of the Elastic Loss; None is the soft margin.
        is_elastic: Off, the batch-hard triplet stands in its place.
        detach_weights: See `training.losses.elastic`.
    """

    def elastic(metric: Tensor) -> Tensor:
        if not is_elastic:
            return triplet_loss(metric, labels, margin=margin)
        return elastic_loss(metric, labels, margin, detach_weights=detach_weights)

    terms = {
        "identity": branch_cross_entropies(output.logits.transpose(0, 1), labels, smoothing).sum(),
        "elastic": torch.stack([elastic(branch) for branch in output.metric]).sum(),
    }
    if output.global_metric is not None and output.global_logits is not None:
        terms["global_identity"] = cross_entropy(output.global_logits, labels, smoothing)
        terms["global_elastic"] = elastic(output.global_metric)
    return terms


def dpti_objective(
    output: DPTIOutput,
    labels: Tensor,
    *,
    identity_weight: float = 1.0,
    triplet_weight: float = 1.0,
    diversity_weight: float = 1.0,
    smoothing: float = 0.1,
    margin: float | None = 0.3,
) -> Terms:
    """DPTI: ``alpha * L_class + beta * L_tri + gamma * L_div`` on the whole descriptor.

    The paper gives no weights; all are 1 here. The learned reduction, which is ours, gets the first two
    losses again.

    Args:
        output: Of the network.
        labels: ``(B,)`` classes.
        identity_weight: alpha.
        triplet_weight: beta.
        diversity_weight: gamma.
        smoothing: Of the paper form of label smoothing.
        margin: Of the batch-hard triplet.
    """

    def pair(head: HeadOutput, prefix: str) -> dict[str, Tensor]:
        return {
            f"{prefix}identity": identity_weight * cross_entropy(head.logits, labels, smoothing),
            f"{prefix}triplet": triplet_weight * triplet_loss(head.metric, labels, margin=margin),
        }

    terms = pair(output.full, "") | {"diversity": diversity_weight * diversity_loss(output.parts)}
    return terms if output.reduced is None else terms | pair(output.reduced, "reduced_")


def channel_group_objective(logits: Tensor, labels: Tensor, *, smoothing: float = 0.0) -> Terms:
    """The classification-loss network: the sum of the cross-entropies of all its classifiers.

    Args:
        logits: ``(B, G, branches, C)``.
        labels: ``(B,)`` classes.
        smoothing: Of the paper form; off by default.
    """
    return {"identity": branch_cross_entropies(logits, labels, smoothing).sum()}
