"""``make sabotage``: the end-to-end tests must be green, and red with any one part of the program broken.

python -m tests.sabotage [PART ...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.data import ROOT
from tests.plugins.sabotage import SABOTAGES, VARIABLE

JOURNEY = ("tests/e2e/test_journey.py",)
TESTS_FAILED = 1  # pytest's exit code; others mean that the tests did not run


def run_journey(sabotage: str | None) -> tuple[int, str, float]:
    """Run the end-to-end tests, sabotaged or not: pytest's exit code, its output, and the seconds it took."""
    environment = dict(os.environ)
    environment.pop(VARIABLE, None)
    if sabotage:
        # The hook reaches pytest itself and everything that it starts.
        environment[VARIABLE] = sabotage
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(ROOT / "tests" / "child"), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *JOURNEY]
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr, time.monotonic() - started


def last_lines(output: str, n: int = 15) -> str:
    """The end of a run's output."""
    return "\n".join(output.strip().splitlines()[-n:])


def main(names: list[str]) -> int:
    """Run the journey whole and broken; 0 when only the whole one is green."""
    unknown = set(names) - set(SABOTAGES)
    if unknown:
        print(f"There is no part {', '.join(sorted(unknown))}; the parts are: {', '.join(SABOTAGES)}")
        return 2
    code, output, seconds = run_journey(None)
    print(f"unbroken     {'green' if code == 0 else 'NOT GREEN'}  {seconds:.0f} s", flush=True)
    if code != 0:
        print(last_lines(output, 60))
        return 1
    blind = []
    for name in names or SABOTAGES:
        code, output, seconds = run_journey(name)
        noticed = code == TESTS_FAILED
        print(f"{name:12} {'red, as it must be' if noticed else 'NOT NOTICED'}  {seconds:.0f} s", flush=True)
        failures = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
        print("\n".join(f"             {line[:150]}" for line in failures) if noticed else last_lines(output))
        if not noticed:
            blind.append(name)
    n_parts = len(names or SABOTAGES)
    print(f"sabotage: {n_parts - len(blind)} of {n_parts} broken parts were noticed")
    return 1 if blind else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
