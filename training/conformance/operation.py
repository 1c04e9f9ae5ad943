"""What one operation is: a function from a file's inputs and parameters to the values to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

Answer = Any
"""Numbers, arrays and tensors, alone or under names, nested as in the file."""


class Given(Mapping[str, Any]):
    """The inputs, or the parameters, of an entry; remembers what was read, so that nothing is ignored.

    Args:
        values: By name.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def unread(self) -> list[str]:
        """The names that no one asked for."""
        return sorted(set(self._values) - self._read)

    def tensor(self, name: str) -> Tensor:
        """The value as a float64 tensor."""
        return torch.tensor(self[name], dtype=torch.float64)

    def labels(self, name: str = "labels") -> Tensor:
        """The value as int64 classes."""
        return torch.tensor(self[name], dtype=torch.int64)

    def array(self, name: str) -> np.typing.NDArray[np.float64]:
        """The value as a float64 array."""
        return np.asarray(self[name], dtype=np.float64)


Operation = Callable[[Given, Given], Answer]
"""From inputs and parameters to the answer."""
