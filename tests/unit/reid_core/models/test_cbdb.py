"""CBDB-Net: which rows go, branches as one batch, nothing dropped at test."""

from __future__ import annotations

import pytest
import torch

from reid_core.models.cbdb import DIM, CBDBNet, DropAt, DropRows, drop_patches, drop_rows
from tests.unit.reid_core.models.trunks import few_convolutions, resnet18
from training.losses.objectives import cbdb_objective, total

BACKBONES = [few_convolutions, pytest.param(resnet18, marks=pytest.mark.slow)]


@pytest.mark.parametrize("height", [16, 24, 7])
@pytest.mark.parametrize("m", [1, 4, 6])
def test_uniform_patches_cover_every_row_once(height, m):
    rows = [row for start, stop in drop_rows(height, m) for row in range(start, stop)]
    assert rows == list(range(height))


def test_released_patches_spare_their_last_row():
    assert drop_rows(24, 6, DropRows.RELEASED) == [(0, 3), (4, 7), (8, 11), (12, 15), (16, 19), (20, 23)]


def test_more_patches_than_rows_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        drop_rows(4, 5)


def test_each_copy_lacks_one_patch_and_nothing_else():
    x = torch.rand(2, 3, 12, 4) + 1
    dropped = drop_patches(x, 4)
    assert dropped.shape == (4, 2, 3, 12, 4)
    for patch, (start, stop) in enumerate(drop_rows(12, 4)):
        assert (dropped[patch, :, :, start:stop] == 0).all()
        kept = torch.ones(12, dtype=torch.bool)
        kept[start:stop] = False
        assert torch.equal(dropped[patch][:, :, kept], x[:, :, kept])


@pytest.mark.parametrize("drop_at", list(DropAt))
@pytest.mark.parametrize("has_global_branch", [False, True])
@pytest.mark.parametrize("size", [(256, 128), (384, 128)])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_shapes_forward_and_backward(drop_at, has_global_branch, size, backbone):
    net = CBDBNet(backbone(), 7, drop_at=drop_at, has_global_branch=has_global_branch)
    output = net.learn(torch.randn(4, 3, *size))
    assert output.metric.shape == (6, 4, DIM)
    assert output.logits.shape == (6, 4, 7)
    assert (output.metric >= 0).all()
    total(cbdb_objective(output, torch.tensor([0, 0, 1, 1]))).backward()
    assert [name for name, parameter in net.named_parameters() if parameter.grad is None] == []
    with torch.inference_mode():
        embedding = net.eval()(torch.randn(2, 3, *size))
    assert embedding.shape == (2, net.dim) == (2, DIM * (1 + has_global_branch))


@pytest.mark.parametrize("drop_at", list(DropAt))
def test_one_batch_equals_one_branch_after_the_other(drop_at):
    """Without batch statistics the m branches do not touch each other."""
    net = CBDBNet(few_convolutions(), 7, m=4, drop_at=drop_at, rows="released").eval()
    images = torch.randn(2, 3, 128, 64)
    with torch.inference_mode():
        together = net.learn(images)
        mid = net.backbone.mid_map(images)
        for patch in range(4):
            if drop_at is DropAt.LAYER3_OUTPUT:
                x = net.backbone.last_map(drop_patches(mid, 4, DropRows.RELEASED)[patch])
            else:
                x = net.block(drop_patches(net.backbone.last_map(mid), 4, DropRows.RELEASED)[patch])
            alone = net.reduction(net.pool(x))
            torch.testing.assert_close(together.metric[patch], alone, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(together.logits[patch], net.classifier(alone), rtol=1e-4, atol=1e-5)


def test_released_form_has_no_extra_block():
    assert list(CBDBNet(few_convolutions(), drop_at="layer3_output").block.parameters()) == []
    assert list(CBDBNet(few_convolutions()).block.parameters()) != []


def test_network_without_classes_embeds_and_says_what_it_cannot():
    net = CBDBNet(few_convolutions(), has_global_branch=True).eval()
    assert not [name for name in net.state_dict() if "classifier" in name]
    with pytest.raises(ValueError, match="num_classes"):
        net.learn(torch.randn(2, 3, 128, 64))
