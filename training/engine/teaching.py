"""What a student takes from its teachers while it learns: the losses of `training.distillation`, weighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from reid_core.errors import UsageError
from reid_core.models.backbones.resnet import ResNet
from reid_core.models.cbdb import CBDBOutput
from reid_core.models.channel_groups import ChannelGroupNet
from reid_core.models.dpti import DPTIOutput
from reid_core.models.dsr import DSROutput
from training.config import DistillationConfig
from training.distillation.logit_l1 import logit_l1
from training.distillation.overhaul import Overhaul
from training.distillation.pkt import pkt_loss
from training.distillation.soft_logits import symmetric_divergence


class View(NamedTuple):
    """What one network thinks of a batch.

    Attributes:
        features: ``(B, d)``.
        logits: ``(B, C)``, or None of a network without classifiers; of several classifiers the mean.
    """

    features: Tensor
    logits: Tensor | None


def view_of(output: Any, scale: float, features: Tensor | None = None) -> View:
    """The view behind what ``learn`` of a network gave.

    Args:
        output: Of any method.
        scale: What cosines are multiplied by; 1 where the logits are no cosines.
        features: Those of the channel-group network, whose output has none.
    """
    if isinstance(output, Tensor):
        assert features is not None
        return View(features, output.flatten(1, 2).mean(dim=1) * scale)
    if isinstance(output, CBDBOutput):
        return View(output.metric.transpose(0, 1).flatten(1), output.logits.mean(dim=0))
    if isinstance(output, DPTIOutput):
        output = output.full if output.reduced is None else output.reduced
    if isinstance(output, DSROutput):
        output = output.foreground
    if isinstance(output, Mapping):
        heads = list(output.values())
        logits = torch.stack([head.logits for head in heads]).mean(dim=0) * scale
        return View(torch.cat([head.embedding for head in heads], dim=1), logits)
    return View(output.embedding, output.logits * scale)


def distillation_terms(
    config: DistillationConfig, student: View, teachers: Sequence[View]
) -> dict[str, Tensor]:
    """The weighted losses that are switched on, but `Overhaul`; each is the mean over teachers.

    Raises:
        UsageError: A loss on logits is on, and a teacher has none that fit.
    """
    terms: dict[str, Tensor] = {}
    if config.pkt:
        losses = [pkt_loss(student.features, teacher.features) for teacher in teachers]
        terms["pkt"] = config.pkt * torch.stack(losses).mean()
    pairs = [_logits(student, teacher) for teacher in teachers] if config.logit_l1 or config.js else []
    if config.logit_l1:
        losses = [logit_l1(*pair, config.logit_reduction) for pair in pairs]
        terms["logit_l1"] = config.logit_l1 * torch.stack(losses).mean()
    if config.js:
        losses = [symmetric_divergence(*pair, config.temperature) for pair in pairs]
        terms["js"] = config.js * torch.stack(losses).mean()
    return terms


def _logits(student: View, teacher: View) -> tuple[Tensor, Tensor]:
    if student.logits is None or teacher.logits is None:
        raise UsageError(
            "distillation.logit_l1 and distillation.js need teachers with classifiers: name folders of runs "
            "on the same identities, or use distillation.pkt."
        )
    return student.logits, teacher.logits


class Watcher:
    """Remembers the last input of a module, as it was before the module changed it in place."""

    def __init__(self, module: nn.Module) -> None:
        self.seen: Tensor | None = None
        module.register_forward_pre_hook(self._remember)

    def _remember(self, _module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self.seen = inputs[0].clone()

    def take(self) -> Tensor:
        """The input, forgotten afterwards."""
        seen, self.seen = self.seen, None
        assert seen is not None
        return seen


class Stages:
    """The maps of a ResNet's four stages, from before their last ReLU.

    Args:
        network: With a ResNet, ResNeXt or IBN variant of it as its backbone.

    Attributes:
        channels: Of each stage.
        norms: The last batch norm of each stage, whose output and shortcut the ReLU clips.

    Raises:
        UsageError: Its backbone is another.
    """

    def __init__(self, network: nn.Module) -> None:
        backbone = getattr(network, "backbone", None)
        stages = [getattr(backbone, f"layer{n}", None) for n in (1, 2, 3, 4)]
        blocks: list[Any] = [stage[-1] for stage in stages if isinstance(stage, nn.Sequential)]
        if not isinstance(backbone, ResNet) or len(blocks) < 4 or not all(hasattr(b, "relu") for b in blocks):
            raise UsageError(
                "distillation.overhaul compares the stages of ResNets without non-local blocks, in teacher "
                "and student: choose such backbones, or set distillation.overhaul=0."
            )
        self.norms: list[nn.BatchNorm2d] = [
            block.bn3 if hasattr(block, "bn3") else block.bn2 for block in blocks
        ]
        self.channels: list[int] = [norm.num_features for norm in self.norms]
        self._watchers = [Watcher(block.relu) for block in blocks]

    def take(self) -> list[Tensor]:
        """The maps of the pass that just ended, ``(B, C, H, W)`` each."""
        return [watcher.take() for watcher in self._watchers]


class Learner(nn.Module):
    """A student with what it needs for `Overhaul`; its forward pass is the whole of what processes share.

    Args:
        network: The student.
        teachers: The stages of each teacher that is followed stage by stage.
    """

    def __init__(self, network: nn.Module, teachers: Sequence[Stages] = ()) -> None:
        super().__init__()
        self.network = network
        self._stages = Stages(network) if teachers else None
        self.overhauls = nn.ModuleList(
            Overhaul(self._stages.channels, teacher.norms) for teacher in teachers if self._stages is not None
        )
        grouped = isinstance(network, ChannelGroupNet) and network.classifiers is not None
        self._watcher = Watcher(network.classifiers) if grouped else None  # type: ignore[arg-type]

    def forward(
        self, images: Tensor, teacher_maps: Sequence[Sequence[Tensor]] = ()
    ) -> tuple[Any, Tensor | None, Tensor | None]:
        """Pictures ``(B, 3, H, W)`` to what the losses need.

        Returns:
            The network's output; the features where the output has none; the mean of `Overhaul` over
            teachers, or None.
        """
        network: Any = self.network
        output = network.learn(images)
        features = self._watcher.take() if self._watcher is not None else None
        if self._stages is None:
            return output, features, None
        mine = self._stages.take()
        losses = [
            loss(mine, maps) for loss, maps in zip(self.overhauls, teacher_maps, strict=True) if len(maps)
        ]
        return output, features, torch.stack(losses).mean()
