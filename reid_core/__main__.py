"""``python -m reid_core``: the headless command line."""

from reid_core.cli.main import main
from reid_core.redaction import guard_process

if __name__ == "__main__":
    guard_process()
    raise SystemExit(main())
