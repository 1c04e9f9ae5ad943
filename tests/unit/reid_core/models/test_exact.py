"""Figures are to be the same on every computer: an exact embedder computes in float32 on any CPU."""

from __future__ import annotations

import numpy as np
import torch

from reid_core.models.load import load_embedder
from reid_core.models.networks import read_network
from reid_core.weights.find import find_model


def test_an_exact_embedder_gives_the_vectors_of_the_network_itself():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (4, 10, 5, 3), np.uint8)
    crops = [np.ascontiguousarray(c.repeat(16, axis=0).repeat(16, axis=1)) for c in coarse]
    embedder = load_embedder("light", device="cpu", is_exact=True)
    assert "fp32" in embedder.device_note
    found = embedder.embed(crops)
    read = read_network(find_model("reid", "light"))
    p = read.preprocessing
    assert (p.height, p.width) == crops[0].shape[:2]
    pixels = (np.stack(crops) - np.float32(p.mean)) / np.float32(p.std)
    with torch.inference_mode():
        expected = read.network(torch.from_numpy(pixels.astype(np.float32)).permute(0, 3, 1, 2))
    expected = torch.nn.functional.normalize(expected).numpy()
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
