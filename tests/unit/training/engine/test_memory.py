"""Memory that a step frees is kept for the next one, in processes that ask for it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

FAULTS = textwrap.dedent(
    """
    import resource, sys
    import torch
    from training.engine.memory import keep_freed_memory

    if sys.argv[1] == "keep":
        assert keep_freed_memory()
    big = lambda: torch.ones(25_000_000)  # 100 MB, 24,415 pages of 4 KiB
    for _ in range(8):  # aligned blocks take a few rounds to find their place
        big()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(8):
        big()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    """
)


def faults(how):
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True, timeout=120
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_a_block_that_was_freed_costs_no_fresh_pages():
    assert faults("keep") * 20 < faults("leave")


def test_other_systems_are_left_alone(monkeypatch):
    from training.engine import memory

    monkeypatch.setattr(memory.sys, "platform", "win32")
    assert not memory.keep_freed_memory()
