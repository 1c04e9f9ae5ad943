"""Other arithmetic and layouts of memory train the same network; TensorBoard gets the same numbers."""

from __future__ import annotations

import pytest
import torch

from tests.fakes.people import SMALL, write_market
from training.config import EngineConfig, Optimizer, Precision
from training.datasets.market import read_market
from training.engine.journal import Journal
from training.engine.presets import read_config
from training.engine.repeating import numbers_repeat
from training.engine.run import choose_precision, start_run
from training.engine.step import take_step
from training.engine.trainer import train

LABELS = torch.tensor([0, 0, 1, 1])


def images():
    return torch.randn(4, 3, 64, 32, generator=torch.Generator().manual_seed(0)) + LABELS[:, None, None, None]


def first_steps(*settings, n=2):
    config = read_config("bot", [*SMALL, "schedule.has_warmup=false", *settings])
    run = start_run(config, 2)
    return run, [take_step(run, config, images(), LABELS, 10) for _ in range(n)]


def test_channels_last_is_the_same_network():
    _, plain = first_steps("engine.channels_last=false", n=1)
    run, last = first_steps(n=1)
    assert run.network.backbone.conv1.conv.weight.is_contiguous(memory_format=torch.channels_last)
    for one, other in zip(plain, last, strict=True):
        assert other == pytest.approx(one, rel=1e-4)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_is_near_and_keeps_its_weights_in_full(precision):
    _, plain = first_steps(n=1)
    run, half = first_steps(f"engine.precision={precision}", n=1)
    assert half[0]["identity"] == pytest.approx(plain[0]["identity"], rel=0.05)
    assert all(p.dtype is torch.float32 for p in run.network.parameters())
    assert run.scaler.is_enabled() is (precision == "fp16")


def test_auto_is_what_the_device_is_good_at():
    assert choose_precision(EngineConfig(), "cpu") is Precision.FP32
    assert choose_precision(EngineConfig(), "cuda") is Precision.BF16
    assert choose_precision(EngineConfig(precision=Precision.FP16), "cpu") is Precision.FP16


@pytest.mark.parametrize("optimizer", Optimizer)
def test_every_optimizer_learns_and_the_newer_ones_spare_norms(optimizer):
    lr = 0.05 if optimizer is Optimizer.SGD else 1e-3
    run, steps = first_steps(
        f"schedule.optimizer={optimizer}", f"schedule.lr={lr}", "loss.smoothing=0.0", n=6
    )
    assert steps[-1]["identity"] < steps[0]["identity"]
    decays = {
        group["weight_decay"] for group in run.optimizer.param_groups for p in group["params"] if p.ndim == 1
    }
    assert decays == ({5e-4} if optimizer is Optimizer.ADAM else {0.0})


def test_deterministic_kernels_are_asked_for_and_put_back():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with numbers_repeat(True, "cpu"):
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.utils.deterministic.fill_uninitialized_memory
        torch.manual_seed(9)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory
    assert torch.rand(1) == expected


def test_tensorboard_gets_the_numbers(tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is an extra")
    journal = Journal(tmp_path, has_tensorboard=True)
    journal.step(0, epoch=0, loss=1.5, parts={"identity": 1.5}, lr=0.1, images_per_s=None, eta_s=None)
    journal.row("validation", epoch=1, iteration=1, rank1=0.5, rank5=0.6, map=0.4, minp=0.3, is_best=True)
    journal.close()
    (events,) = (tmp_path / "tensorboard").iterdir()
    content = events.read_bytes()
    assert all(name in content for name in (b"loss/identity", b"validation/map"))


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["bf16", "fp16", "fp32"])
def test_a_gpu_trains_and_repeats_itself(precision, tmp_path):
    pictures = read_market(write_market(tmp_path / "set")).train
    given = [*SMALL, "schedule.n_epochs=2", f"engine.precision={precision}"]
    first, second = (
        train(read_config("bot", given), pictures, tmp_path / name, device="cuda").read_bytes()
        for name in ("a", "b")
    )
    assert first == second
