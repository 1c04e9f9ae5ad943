"""Icons and bundled models, installed with the wheel."""
