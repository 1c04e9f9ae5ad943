"""Footage in: probing, frame index, exact reading and seeking, clocks."""
