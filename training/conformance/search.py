"""The operations of search and of its evaluation: distances, re-ranking, expansion, figures."""

from __future__ import annotations

from collections.abc import Callable

from reid_core.index import distance, expansion, rerank
from reid_core.index.distance import Reals
from training.conformance.operation import Answer, Given, Operation
from training.evaluation.protocol import Labels
from training.evaluation.ranking import score_ranking
from training.evaluation.roc import fastreid_tpr, score_pairs


def _distance(metric: Callable[[Reals, Reals], Reals]) -> Operation:
    def operation(given: Given, _: Given) -> Answer:
        return metric(given.array("x"), given.array("y"))

    return operation


def _dsr_least_squares(given: Given, params: Given) -> Answer:
    query, gallery, weights = given.array("Q"), given.array("G"), given.array("w")
    kappa = params["kappa"]
    return {
        "dist": distance.dsr_least_squares(query, gallery, weights, kappa),
        "reverse": distance.dsr_least_squares(gallery, query, weights, kappa),
    }


def _dsr_self(given: Given, params: Given) -> Answer:
    query, gallery, weights = given.array("Q"), given.array("G"), given.array("w")
    return [distance.dsr_least_squares(query, gallery, weights, kappa) for kappa in params["kappas"]]


def _dsr_match(given: Given, _: Given) -> Answer:
    return distance.dsr_match_similarity(given.array("X"), given.array("Y"))


def _k_reciprocal(given: Given, params: Given) -> Answer:
    q_g, q_q, g_g = (given.array(name) for name in ("q_g", "q_q", "g_g"))
    result = rerank.k_reciprocal(q_g, q_q, g_g, params["k1"], params["k2"], params["lam"])
    return {"final": result.final, "jaccard": result.jaccard}


def _fastreid_jaccard(given: Given, params: Given) -> Answer:
    return rerank.fastreid_jaccard(given.array("features"), params["k1"], params["k2"])


def _average_expansion(given: Given, params: Given) -> Answer:
    return expansion.average_expansion(given.array("query"), given.array("gallery"), params["m"])


def _alpha_expansion(given: Given, params: Given) -> Answer:
    query, gallery = expansion.alpha_expansion(
        given.array("query"), given.array("gallery"), params["k"], params["alpha"], params["times"]
    )
    return {"query": query, "gallery": gallery}


def _ranked(given: Given) -> tuple[Reals, Labels, Labels]:
    query = Labels.of(given["q_pids"], given["q_cams"])
    return given.array("dist"), query, Labels.of(given["g_pids"], given["g_cams"])


def _market_protocol(given: Given, _: Given) -> Answer:
    scores = score_ranking(*_ranked(given))
    return {
        "cmc": scores.cmc,
        "AP": scores.ap,
        "mAP": scores.mean_ap,
        "INP": scores.inp,
        "mINP": scores.mean_inp,
        "AP_trapezoid": scores.ap_trapezoid,
        "mAP_trapezoid": scores.mean_ap_trapezoid,
        "valid": scores.queries,
    }


def _roc(given: Given, params: Given) -> Answer:
    targets = params["targets"]
    roc = score_pairs(*_ranked(given), targets)
    return {
        "n_genuine": len(roc.genuine),
        "n_impostor": roc.n_impostors,
        "verification": {str(target): roc.tpr_at(target) for target in targets},
        "fastreid_convention": {str(target): fastreid_tpr(roc, target) for target in targets},
    }


OPERATIONS: dict[str, Operation] = {
    "distance/euclidean": _distance(distance.euclidean),
    "distance/squared_euclidean": _distance(distance.squared_euclidean),
    "distance/cosine": _distance(distance.cosine),
    "dsr/least_squares": _dsr_least_squares,
    "dsr/self_zero_limit": _dsr_self,
    "dsr/nearest_match_score": _dsr_match,
    "rerank/k_reciprocal": _k_reciprocal,
    "rerank/fastreid_jaccard_features": _fastreid_jaccard,
    "qe/average": _average_expansion,
    "qe/alpha_qe_fastreid": _alpha_expansion,
    "eval/market_protocol": _market_protocol,
    "eval/roc_tpr_at_fpr": _roc,
}
