"""Boxes as arrays: conversion, clipping, overlap. All boxes are ``(N, 4)`` xyxy in absolute pixels."""

from __future__ import annotations

import numpy as np

from reid_core.types import FloatArray


def xywh_from_xyxy(xyxy: FloatArray) -> FloatArray:
    """``(N, 4)`` left, top, width, height of ``(N, 4)`` xyxy boxes."""
    return np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)


def xyxy_from_xywh(xywh: FloatArray) -> FloatArray:
    """``(N, 4)`` xyxy of ``(N, 4)`` left, top, width, height."""
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


def clip(xyxy: FloatArray, width: int, height: int) -> FloatArray:
    """The boxes cut to a picture of ``width`` x ``height`` pixels."""
    return np.clip(xyxy, 0, np.array([width, height, width, height], np.float32))


def area(xyxy: FloatArray) -> FloatArray:
    """``(N,)`` areas in square pixels; 0 for boxes turned inside out."""
    size = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    product: FloatArray = size[:, 0] * size[:, 1]
    return product


def intersection(a: FloatArray, b: FloatArray) -> FloatArray:
    """``(N, M)`` areas that each of N boxes shares with each of M boxes, in square pixels."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    size = np.maximum(bottom_right - top_left, 0)
    product: FloatArray = size[..., 0] * size[..., 1]
    return product


def iou(a: FloatArray, b: FloatArray) -> FloatArray:
    """``(N, M)`` intersection over union in 0..1; 0 where both boxes are empty."""
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    ratio: FloatArray = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio
