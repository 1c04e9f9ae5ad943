"""Re-identification networks, one file a method, and the embedders that run them."""

from reid_core.models.embedder import Embedder, EmbeddingSpace
from reid_core.models.load import load_embedder

__all__ = ["Embedder", "EmbeddingSpace", "load_embedder"]
