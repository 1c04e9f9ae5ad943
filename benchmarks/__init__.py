"""Measurements that take too long for the tests; run one with ``python -m benchmarks.NAME``."""
