"""Guards around the tests; children of the tests get them through ``tests/child/sitecustomize.py``."""
