"""The core: everything from a frame to an identity, without Qt."""
