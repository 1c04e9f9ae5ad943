"""``python -m training evaluate --model NAME_OR_FILE --data FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reid_core.index.distance import Reals
    from training.datasets.market import MarketSet
    from training.evaluation.blocks import Evaluation
    from training.evaluation.search import SearchConfig

LOCAL_METRICS = ("dsr", "dsr_match")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "evaluate",
        help="score a model on a test set",
        description="Print rank-1, -5, -10, mAP and mINP as fractions, and the true positive rate at "
        "false positive rates of 1e-4, 1e-3 and 1e-2. Gallery pictures of the query's person and camera "
        "are left out.",
    )
    parser.add_argument("--model", required=True, metavar="NAME_OR_FILE", help="name or file of a model")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER", help="folder or tar of a data set"
    )
    parser.add_argument(
        "--dataset", default="market", help="its layout or name (default: market, any counts)"
    )
    parser.add_argument("--metric", default="cosine", choices=("cosine", "euclidean", *LOCAL_METRICS))
    parser.add_argument(
        "--rerank",
        nargs="?",
        const="k_reciprocal",
        default="none",
        choices=("none", "k_reciprocal", "fastreid"),
        help="re-rank by k-reciprocal neighbours",
    )
    parser.add_argument(
        "--expand",
        nargs="?",
        const="alpha",
        default="none",
        choices=("none", "average", "alpha"),
        help="expand queries by their neighbours",
    )
    parser.add_argument("--flip", action="store_true", help="average with the mirrored pictures")
    parser.add_argument(
        "--occlude",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="hide this share of every query's height from below",
    )
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write figures, rank lists and plots there"
    )
    parser.add_argument(
        "--rank-lists", type=int, default=20, metavar="N", help="queries to draw (default 20)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; 0.

    Raises:
        ReidError: The model or the data set is absent or not what it should be.
    """
    from reid_core.models.load import load_embedder
    from training.datasets.known import read_dataset
    from training.evaluation.features import embed_pictures
    from training.evaluation.report import as_figures, as_lines
    from training.evaluation.search import Expand, Rerank, SearchConfig

    found = read_dataset(arguments.dataset, arguments.data)
    embedder = load_embedder(arguments.model, device=arguments.device, is_exact=True)
    queries = embed_pictures(embedder, found.query, occlude=arguments.occlude, flip=arguments.flip)
    gallery = embed_pictures(embedder, found.gallery, flip=arguments.flip)
    is_local = arguments.metric in LOCAL_METRICS
    config = SearchConfig(
        "cosine" if is_local else arguments.metric, Expand(arguments.expand), Rerank(arguments.rerank)
    )
    with tempfile.TemporaryDirectory() as work:
        blocks = _blocks(arguments, found, queries, gallery, config, Path(work))
        result = _score(arguments, found, blocks)
    figures = as_figures(result)
    facts = {
        "model": embedder.space.name, "data": str(arguments.data), "n_query": len(found.query),
        "n_gallery": len(found.gallery), "n_skipped": len(found.query) - len(result.ranking.queries),
    }  # fmt: skip
    if arguments.out:
        text = json.dumps(facts | figures, indent=1)
        (arguments.out / "figures.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(facts | figures) + "\n" if arguments.json else as_lines(figures))
    return 0


def _blocks(
    arguments: argparse.Namespace,
    found: MarketSet,
    queries: Reals,
    gallery: Reals,
    config: SearchConfig,
    work: Path,
) -> Iterator[tuple[slice, Reals]]:
    """The distances, with DSR mixed in where asked for."""
    from training.evaluation.search import search_blocks

    blocks = search_blocks(queries, gallery, config)
    if arguments.metric not in LOCAL_METRICS:
        return blocks
    from reid_core.models.networks import read_network
    from reid_core.weights.find import find_model
    from training.evaluation import local_features as local

    reid = read_network(find_model("reid", arguments.model))
    columns = (
        local.store_columns(reid, found.query, work / "query", arguments.occlude),
        local.store_columns(reid, found.gallery, work / "gallery"),
    )
    distance = local.least_squares if arguments.metric == "dsr" else local.nearest_match
    return local.blend_blocks(blocks, *columns, distance)


def _score(
    arguments: argparse.Namespace, found: MarketSet, blocks: Iterator[tuple[slice, Reals]]
) -> Evaluation:
    """The figures; with ``--out``, pictures of them as well."""
    from training.evaluation.blocks import evaluate
    from training.evaluation.features import labels_of
    from training.evaluation.pictures import RankListMeter, save_plots, save_rank_lists

    query, gallery = labels_of(found.query), labels_of(found.gallery)
    if not arguments.out:
        return evaluate(blocks, query, gallery)
    step = max(1, len(found.query) // max(1, arguments.rank_lists))
    lists = RankListMeter(query, gallery, list(range(0, len(found.query), step))[: arguments.rank_lists])
    result = evaluate(lists.watch(blocks), query, gallery)
    save_plots(arguments.out, result)
    save_rank_lists(arguments.out, found.query, found.gallery, lists.nearest)
    return result


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError("a share lies between 0 and 1")
    return value
