"""The operations that are losses of `training.losses`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from training.conformance.operation import Answer, Given, Operation
from training.losses.arcface import arcface_logits
from training.losses.center import Centers, center_half_sum, center_mean
from training.losses.circle import circle_logits, circle_loss, circle_per_anchor
from training.losses.cosface import cosface_logits
from training.losses.cross_entropy import adaptive_smoothing, cross_entropy, cross_entropy_fastreid
from training.losses.diversity import diversity_loss
from training.losses.elastic import elastic_loss, elastic_weights
from training.losses.focal import focal_loss
from training.losses.objectives import bot_objective, total
from training.losses.pairwise import cosine_similarity, euclidean
from training.losses.triplet import Mining, anchor_distances, triplet_loss
from training.losses.unified import triplet_limit, unified_loss, unified_per_anchor


def _triplet(given: Given, margin: float | None, mining: Mining, *, normalize: bool = False) -> Answer:
    features, labels = given.tensor("features"), given.labels()
    pairs = anchor_distances(features, labels, mining=mining, normalize=normalize)
    loss = triplet_loss(features, labels, margin=margin, mining=mining, normalize=normalize)
    return {"loss": loss, "dist_ap": pairs.positive, "dist_an": pairs.negative}


def _batch_hard(given: Given, params: Given) -> Answer:
    return _triplet(given, params["margin"], Mining.HARD)


def _softmax_weighted(given: Given, params: Given) -> Answer:
    margin = params["margin"] or None  # FastReID writes the soft margin as 0
    return _triplet(given, margin, Mining.WEIGHTED, normalize=params["norm_feat"])


def _elastic(given: Given, params: Given) -> Answer:
    labels, margin = given.labels(), params["margin"]

    def gradient(detach: bool) -> Tensor:
        features = given.tensor("features").requires_grad_()
        return torch.autograd.grad(elastic_loss(features, labels, margin, detach_weights=detach), features)[0]

    features = given.tensor("features")
    pairs = anchor_distances(features, labels)
    weights = elastic_weights(pairs)
    return {
        "loss": elastic_loss(features, labels, margin),
        "w_pos": weights.positive,
        "w_neg": weights.negative,
        "dist_ap": pairs.positive,
        "dist_an": pairs.negative,
        "grad_features_weights_attached": gradient(detach=False),
        "grad_features_weights_detached": gradient(detach=True),
    }


def _plain(given: Given, _: Given) -> Answer:
    return cross_entropy(given.tensor("logits"), given.labels())


def _smooth_paper(given: Given, params: Given) -> Answer:
    return cross_entropy(given.tensor("logits"), given.labels(), params["eps"])


def _smooth_fastreid(given: Given, params: Given) -> Answer:
    logits, labels, smoothing = given.tensor("logits"), given.labels(), params["eps"]
    if smoothing < 0:  # FastReID's way of asking for the adaptive one
        smoothing = adaptive_smoothing(logits, labels, params["alpha"])
    return cross_entropy_fastreid(logits, labels, smoothing)


def _focal(given: Given, params: Given) -> Answer:
    return focal_loss(given.tensor("logits"), given.labels(), params["alpha"], params["gamma"])


def _center_half_sum(given: Given, _: Given) -> Answer:
    return center_half_sum(given.tensor("features"), given.labels(), given.tensor("centers"))


def _center_mean(given: Given, _: Given) -> Answer:
    features = given.tensor("features").requires_grad_()
    loss = center_mean(features, given.labels(), given.tensor("centers"))
    return {"loss": loss, "grad_features": torch.autograd.grad(loss, features)[0]}


def _center_update(given: Given, params: Given) -> Answer:
    values = given.tensor("centers")
    centers = Centers(len(values), values.shape[1], params["lr"]).double()
    centers.values.copy_(values)
    centers.update(given.tensor("features"), given.labels())
    return centers.values


def _bot_total(given: Given, params: Given) -> Answer:
    terms = bot_objective(
        given.tensor("features"),
        given.tensor("logits"),
        given.labels(),
        given.tensor("centers"),
        smoothing=params["eps"],
        margin=params["margin"],
        center_weight=params["beta"],
    )
    return total(terms)


def _margin_logits(method: Callable[[Tensor, Tensor, float, float], Tensor]) -> Operation:
    """Logits and loss of a cosine classifier with a margin."""

    def operation(given: Given, params: Given) -> Answer:
        cosines = cosine_similarity(given.tensor("features"), given.tensor("weight"))
        logits = method(cosines, given.labels(), params["s"], params["m"])
        return {"logits": logits, "ce": cross_entropy(logits, given.labels())}

    return operation


def _pairs(
    loss: Callable[[Tensor, Tensor, float, float], Tensor],
    per_anchor: Callable[[Tensor, Tensor, Tensor, float, float], Tensor],
) -> Operation:
    """A pair loss on a batch, and its value for each anchor."""

    def operation(given: Given, params: Given) -> Answer:
        features, labels, margin, gamma = (
            given.tensor("features"),
            given.labels(),
            params["m"],
            params["gamma"],
        )
        same = labels[:, None] == labels
        positive = same & ~torch.eye(len(labels), dtype=torch.bool)
        similarity = cosine_similarity(features, features)
        return {
            "loss": loss(features, labels, margin, gamma),
            "per_anchor": per_anchor(similarity, positive, ~same, margin, gamma),
        }

    return operation


def _lists(per_anchor: Callable[..., Tensor], *names: str) -> Operation:
    """A pair loss of one anchor whose similarities are given; ``names`` of the parameters that it takes."""

    def operation(given: Given, params: Given) -> Answer:
        positives, negatives = given.tensor("s_p"), given.tensor("s_n")
        similarity = torch.cat([positives, negatives])[None]
        is_positive = (torch.arange(similarity.shape[1]) < len(positives))[None]
        return per_anchor(similarity, is_positive, ~is_positive, *(params[name] for name in names))[0]

    return operation


def _diversity(given: Given, _: Given) -> Answer:
    return diversity_loss(given.tensor("parts")[None])


def _training_euclidean(given: Given, _: Given) -> Answer:
    return euclidean(given.tensor("x"), given.tensor("y"))


def _training_cosine(given: Given, _: Given) -> Answer:
    return 1 - cosine_similarity(given.tensor("x"), given.tensor("y"))


OPERATIONS: dict[str, Operation] = {
    "distance/euclidean": _training_euclidean,
    "distance/cosine": _training_cosine,
    "triplet/batch_hard_margin": _batch_hard,
    "triplet/batch_hard_soft_margin": _batch_hard,
    "triplet/softmax_weighted_soft_margin": _softmax_weighted,
    "loss/elastic": _elastic,
    "ce/plain": _plain,
    "ce/label_smooth_paper": _smooth_paper,
    "ce/label_smooth_fastreid": _smooth_fastreid,
    "ce/label_smooth_fastreid_adaptive": _smooth_fastreid,
    "loss/focal": _focal,
    "center/paper_half_sum": _center_half_sum,
    "center/code_mean": _center_mean,
    "center/center_update": _center_update,
    "bot/total_loss": _bot_total,
    "loss/arcface": _margin_logits(arcface_logits),
    "loss/cosface": _margin_logits(cosface_logits),
    "circle/softmax_logits": _margin_logits(circle_logits),
    "circle/pairwise": _pairs(circle_loss, circle_per_anchor),
    "unified/pairwise_cosface": _pairs(unified_loss, unified_per_anchor),
    "circle/similarity_lists": _lists(circle_per_anchor, "m", "gamma"),
    "unified/similarity_lists": _lists(unified_per_anchor, "m", "gamma"),
    "unified/triplet_limit": _lists(triplet_limit, "m"),
    "dpti/diversity": _diversity,
}
