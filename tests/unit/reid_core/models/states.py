"""States for tests of networks: statistics and scales that are not those of a fresh network."""

from __future__ import annotations

from torch import nn


def settle(net: nn.Module) -> nn.Module:
    """Give every norm layer statistics, scales and shifts that are not the identity.

    Non-local blocks stay the identity: their output is cubic in what random weights let through.
    """
    for name, value in net.state_dict().items():
        if ".non_local." in name:
            continue
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.2)
        elif value.ndim == 1 and value.is_floating_point():
            value.add_(value.clone().normal_(0, 0.1))
    return net
