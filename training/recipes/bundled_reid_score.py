"""Figures of bundled re-ID models on people that they have not seen, beside Intel's embedder in the same run.

python -m training.recipes.bundled_reid_score --data ../shared/data --models light accurate --out scores.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reid_core.models.embedder import Embedder
from reid_core.models.load import load_embedder
from reid_core.types import FloatArray
from training.evaluation.blocks import evaluate
from training.evaluation.features import embed_pictures, labels_of
from training.evaluation.search import Rerank, SearchConfig, search_blocks
from training.recipes import bundled_reid_data as material

SHARES = (0.0, 0.2, 0.4, 0.6)
"""Shares of a query's height that are hidden from below."""
REFERENCE = "Intel retail-0277"


@dataclass(frozen=True, slots=True)
class Score:
    """One line of figures; fractions.

    Attributes:
        test: The test set.
        model: Name of the model.
        hidden: Share of the queries' height that is hidden; galleries are whole.
        is_reranked: By k-reciprocal neighbours, k1 20, k2 6, lambda 0.3.
        rank1: CMC at 1.
        rank5: CMC at 5.
        mean_ap: mAP.
        mean_inp: mINP.
    """

    test: str
    model: str
    hidden: float
    is_reranked: bool
    rank1: float
    rank5: float
    mean_ap: float
    mean_inp: float


def score_model(name: str, embedder: Embedder, test: material.TestSet) -> Iterator[Score]:
    """The lines of one model on one test set, at every share, without re-ranking and with it."""
    gallery = embed_pictures(embedder, test.gallery)
    for share in SHARES:
        queries = embed_pictures(embedder, test.query, occlude=share)
        for rerank in (Rerank.NONE, Rerank.K_RECIPROCAL):
            yield _score(name, test, share, queries, gallery, rerank)


def _score(
    name: str, test: material.TestSet, share: float, queries: FloatArray, gallery: FloatArray, rerank: Rerank
) -> Score:
    blocks = search_blocks(queries, gallery, SearchConfig(rerank=rerank))
    found = evaluate(blocks, labels_of(test.query), labels_of(test.gallery)).ranking
    is_reranked = rerank is not Rerank.NONE
    return Score(
        test.name, name, share, is_reranked, found.rank(1), found.rank(5), found.mean_ap, found.mean_inp
    )


def as_table(scores: Sequence[Score]) -> str:
    """A Markdown table; the last column is rank-1 over that of `REFERENCE` in the same place."""
    reference: Mapping[tuple[str, float, bool], float] = {
        (s.test, s.hidden, s.is_reranked): s.rank1 for s in scores if s.model == REFERENCE
    }
    lines = [
        "| test set | hidden | re-ranked | model | rank-1 | rank-5 | mAP | mINP | rank-1 / Intel's |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for s in sorted(scores, key=lambda s: (s.test, s.is_reranked, s.hidden)):
        base = reference.get((s.test, s.hidden, s.is_reranked), 0.0)
        ratio = f"{s.rank1 / base:.2f}" if base else "-"
        figures = " | ".join(f"{value:.3f}" for value in (s.rank1, s.rank5, s.mean_ap, s.mean_inp))
        reranked = "yes" if s.is_reranked else "no"
        lines.append(f"| {s.test} | {s.hidden:.0%} | {reranked} | {s.model} | {figures} | {ratio} |")
    return "\n".join(lines) + "\n"


def score_all(models: Iterable[str], data: Path, *, is_familiar: bool = False) -> list[Score]:
    """Intel's embedder and the named ones on both test sets, or on people of the training set instead."""
    named = {REFERENCE: str(data / material.TEACHER)} | {Path(model).stem: model for model in models}
    embedders = {name: load_embedder(spec, device="cpu", is_exact=True) for name, spec in named.items()}
    return [
        score
        for test in ([material.read_familiar(data)] if is_familiar else material.read_tests(data))
        for name, embedder in embedders.items()
        for score in score_model(name, embedder, test)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.recipes.bundled_reid_score", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--models", nargs="+", default=["light"], metavar="NAME_OR_FILE")
    parser.add_argument(
        "--familiar", action="store_true", help="on CUHK03's training people, to see who has learned them"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the lines there as JSON as well")
    chosen = parser.parse_args(arguments)
    scores = score_all(chosen.models, chosen.data, is_familiar=chosen.familiar)
    if chosen.out:
        chosen.out.write_text(json.dumps([asdict(score) for score in scores], indent=1) + "\n")
    sys.stdout.write(as_table(scores))


if __name__ == "__main__":
    main()
