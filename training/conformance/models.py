"""The operations that are parts of networks in `reid_core.models`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reid_core.index.distance import cosine
from reid_core.models.aggregation import Aggregation, AvgPool, GeM, attend, make_aggregation
from reid_core.models.backbones.ibn import InstanceBatchNorm
from reid_core.models.backbones.non_local import NonLocal
from reid_core.models.cbdb import DropRows, drop_patches, drop_rows
from reid_core.models.channel_groups import GroupedClassifiers
from reid_core.models.dpti import Attention, TemplateInit, concatenate, presence_of
from reid_core.models.heads import make_neck
from training.conformance.operation import Answer, Given, Operation
from training.losses.branches import branch_cross_entropies


@torch.no_grad()
def _fill(module: nn.Module, **weights: Tensor) -> nn.Module:
    """Set parameters by name (``__`` for a dot), in float64."""
    module.double()
    for name, value in weights.items():
        module.get_parameter(name.replace("__", ".")).copy_(value)
    return module


def _pool(method: Aggregation) -> Operation:
    def operation(given: Given, _: Given) -> Answer:
        x = given.tensor("x")
        return make_aggregation(method, x.shape[1])(x)

    return operation


def _gem(given: Given, params: Given) -> Answer:
    return GeM(params["p"], is_learnable=False, eps=params["eps"])(given.tensor("x"))


def _gem_slope(given: Given, params: Given) -> Answer:
    pool = GeM(params["p"], eps=params["eps"]).double()
    slope = torch.autograd.grad(pool(given.tensor("x")).sum(), pool.get_parameter("p"))[0]
    return slope[0]


def _attention_pool(given: Given, _: Given) -> Answer:
    x, logits = given.tensor("x"), given.tensor("attn_logits")[None, None]
    return {"sum_form": attend(x, logits), "literal_mean_form": attend(x, logits, is_literal=True)}


def _bn_train(given: Given, params: Given) -> Answer:
    x, gamma = given.tensor("x"), given.tensor("gamma")

    def neck(momentum: float) -> tuple[Tensor, Tensor, Tensor]:
        module = make_neck(len(gamma), eps=params["eps"], momentum=momentum)
        _fill(module, weight=gamma)
        return module(x), module.get_buffer("running_mean"), module.get_buffer("running_var")

    y, running_mean, running_var = neck(params["momentum"])
    _, mean, unbiased = neck(1.0)  # such a neck keeps nothing but the batch's own statistics
    return {
        "y": y,
        "mean": mean,
        "var_biased": unbiased * (len(x) - 1) / len(x),
        "running_mean_after": running_mean,
        "running_var_after": running_var,
    }


def _ibn_a_train(given: Given, _: Given) -> Answer:
    x = given.tensor("x")
    return InstanceBatchNorm(x.shape[1]).double()(x)


def _non_local(given: Given, _: Given) -> Answer:
    x = given.tensor("x")[None]
    weights = {name: given.tensor(name)[:, :, None, None] for name in ("g", "theta", "phi", "W")}
    block = NonLocal(x.shape[1], weights["g"].shape[0])
    _fill(block, g__weight=weights["g"], theta__weight=weights["theta"], phi__weight=weights["phi"])
    _fill(block, W__0__weight=weights["W"], W__1__weight=torch.ones(x.shape[1]))
    for layer in (block.g, block.theta, block.phi, block.W[0]):
        nn.init.zeros_(layer.get_parameter("bias"))
    # In evaluation, with this variance, the norm divides by exactly 1: the identity that the entry asks for.
    block.get_buffer("W.1.running_var").fill_(1 - nn.BatchNorm2d(1).eps)
    return block.eval()(x)[0]


def _self_attention(given: Given, _: Given) -> Answer:
    columns = given.tensor("F")
    weights = {"query": "Wq", "key": "Wk", "value": "Wv"}
    attention = _fill(
        Attention(len(columns)),
        **{f"{name}__weight": given.tensor(letter) for name, letter in weights.items()},
    )
    g, beta = attention(columns.T[None], columns.T[None])
    return {"beta": beta[0].T, "g": g[0].T}


def _template_init(given: Given, _: Given) -> Answer:
    columns, queries = given.tensor("A"), given.tensor("q").T
    init = TemplateInit(len(queries), len(columns))
    _fill(init, queries=queries, value__weight=given.tensor("Wv"))
    templates, gamma = init(columns.T[None])
    return {"gamma": gamma[0].T, "t": templates[0].T}


def _adaptive_weights(given: Given, _: Given) -> Answer:
    gamma = given.tensor("gamma").T[None]
    rho = presence_of(gamma)[0]
    return {"rho": rho, "weights": len(rho) * rho}


def _descriptor_cosine(given: Given, _: Given) -> Answer:
    both = concatenate(given.tensor("global_feats"), given.tensor("parts"), given.tensor("weights"))
    return {"descriptors": both, "cosine_distance": cosine(both[:1].numpy(), both[1:].numpy())[0, 0]}


def _drop_rows(given: Given, _: Given) -> Answer:
    height, m = given["H"], given["m"]
    return {
        "uniform": drop_rows(height, m, DropRows.UNIFORM),
        "released_code": drop_rows(height, m, DropRows.RELEASED),
    }


def _drop_then_pool(given: Given, params: Given) -> Answer:
    dropped = drop_patches(given.tensor("x"), params["m"])
    return {"pooled": AvgPool()(dropped.flatten(0, 1)).reshape(*dropped.shape[:3])}


def _grouped(given: Given, params: Given) -> Answer:
    features, weights = given.tensor("features"), given.tensor("weights")
    n_groups, n_branches, n_classes, _ = weights.shape
    if (n_groups, n_branches) != (params["groups"], params["branches"]):
        raise ValueError("the weights do not have the groups and branches of the parameters")
    classifiers = GroupedClassifiers(features.shape[1], n_classes, n_groups, n_branches)
    losses = branch_cross_entropies(_fill(classifiers, weight=weights)(features), given.labels())
    return {"per_branch": losses, "sum": losses.sum(), "mean": losses.mean()}


OPERATIONS: dict[str, Operation] = {
    "pool/max": _pool(Aggregation.MAX),
    "pool/avg": _pool(Aggregation.AVG),
    "pool/avg_plus_max": _pool(Aggregation.AVG_MAX),
    "pool/gem": _gem,
    "pool/gem_dp": _gem_slope,
    "pool/attention_softmax": _attention_pool,
    "layers/bn_train": _bn_train,
    "layers/ibn_a_train": _ibn_a_train,
    "layers/non_local": _non_local,
    "dpti/self_attention": _self_attention,
    "dpti/template_init": _template_init,
    "dpti/adaptive_weights": _adaptive_weights,
    "dpti/descriptor_cosine": _descriptor_cosine,
    "cbdb/drop_rows": _drop_rows,
    "cbdb/drop_then_avgpool": _drop_then_pool,
    "clsloss/grouped_multibranch": _grouped,
}
