"""Item models over immutable lists."""
