"""The operations of training itself: schedules, augmentation, distillation."""

from __future__ import annotations

from training.config import LogitReduction
from training.conformance.operation import Answer, Given, Operation
from training.datasets.transforms import erased_size
from training.distillation.logit_l1 import logit_l1
from training.distillation.overhaul import negative_mean, partial_l2
from training.distillation.pkt import neighbour_probabilities, pkt_loss
from training.distillation.soft_logits import symmetric_divergence
from training.engine import schedule


def _bot_printed(given: Given, params: Given) -> Answer:
    return [schedule.bot_printed(epoch, params["base"]) for epoch in given["epochs"]]


def _bot_code(given: Given, params: Given) -> Answer:
    return [
        schedule.bot(
            epoch,
            params["base"],
            warmup_factor=params["warmup_factor"],
            n_warmup=params["warmup_iters"],
            milestones=params["steps"],
        )
        for epoch in given["last_epoch"]
    ]


def _fastreid_warmup(given: Given, params: Given) -> Answer:
    base, factor, n_warmup = params["base"], params["factor"], params["warmup_iters"]
    return [schedule.fastreid_warmup(step, base, factor=factor, n_warmup=n_warmup) for step in given["iters"]]


def _delayed_cosine(given: Given, params: Given) -> Answer:
    n_steps, base, least = params["T_max"], params["base"], params["eta_min"]
    return [schedule.cosine(step, n_steps, base, least) for step in given["k"]]


def _erased_size(given: Given, _: Given) -> Answer:
    return [erased_size(*case) for case in given["cases"]]


def _pkt(given: Given, _: Given) -> Answer:
    student, teacher = given.tensor("student"), given.tensor("teacher")
    return {
        "loss": pkt_loss(student, teacher),
        "p_student": neighbour_probabilities(student),
        "p_teacher": neighbour_probabilities(teacher),
    }


def _logit_l1(given: Given, _: Given) -> Answer:
    student, teacher = given.tensor("student"), given.tensor("teacher")
    return {
        "sum_classes_mean_batch": logit_l1(student, teacher, LogitReduction.CLASS_SUM),
        "sum": logit_l1(student, teacher, LogitReduction.SUM),
        "mean": logit_l1(student, teacher, LogitReduction.MEAN),
    }


def _soft_logits(given: Given, params: Given) -> Answer:
    return symmetric_divergence(given.tensor("student"), given.tensor("teacher"), params["T"])


def _overhaul(given: Given, _: Given) -> Answer:
    margin = negative_mean(given.tensor("bn_gamma"), given.tensor("bn_beta"))
    return {
        "margin": margin,
        "loss": partial_l2(given.tensor("student"), given.tensor("teacher"), margin),
    }


OPERATIONS: dict[str, Operation] = {
    "schedule/bot_text": _bot_printed,
    "schedule/bot_code": _bot_code,
    "schedule/fastreid_warmup": _fastreid_warmup,
    "schedule/fastreid_delayed_cosine": _delayed_cosine,
    "augment/random_erasing_geometry": _erased_size,
    "distill/pkt_kl": _pkt,
    "distill/logit_l1": _logit_l1,
    "distill/js_div": _soft_logits,
    "distill/overhaul_partial_l2": _overhaul,
}
