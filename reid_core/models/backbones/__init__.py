"""Backbones: ``(B, 3, H, W)`` images to a feature map."""
