"""``python -m reid_core``: the headless command line."""

from reid_core.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
