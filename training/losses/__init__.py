"""Losses, one method a file, as plain functions of tensors.

All of them take float32 or float64 and compute in what they are given; half precision is raised to float32
first, because distances and exponentials do not survive it. Reductions are means over the batch unless the
docstring says otherwise.
"""
