"""Losses that make a small student follow a large teacher, one method a file.

The seed text of FastReID adds the first two to the student's own loss:
``L = L_logit + alpha * L_PKT + L_reid``, alpha unstated (default 1). Its code (v1.x) uses `soft_logits` and,
optionally, `overhaul` in their place. A student has no non-local blocks.
"""
