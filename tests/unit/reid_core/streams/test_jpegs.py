import io
import random

import numpy as np
import pytest
from PIL import Image

from reid_core.streams.jpegs import MAX_JPEG_BYTES, split_jpegs


def jpeg(seed: int, preview: bytes = b"") -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", quality=80, exif=b"Exif\0\0" + preview if preview else b"")
    return out.getvalue()


def pieces(data: bytes, n_bytes: int):
    stream = io.BytesIO(data)
    return lambda _: stream.read(n_bytes)


@pytest.mark.parametrize("n_bytes", [1, 7, 100, 65536])
def test_pictures_are_found_between_garbage(n_bytes):
    chance = random.Random(1)
    pictures = [jpeg(n) for n in range(4)]
    garbage = [
        b"--x\r\nContent-Length: 5\r\n\r\n",
        chance.randbytes(300).replace(b"\xff", b"."),
        b"\xff\xd8\xff",
        b"",
    ]
    data = b"".join(part for pair in zip(garbage, pictures, strict=True) for part in pair)
    assert list(split_jpegs(pieces(data, n_bytes))) == pictures


def test_the_preview_inside_a_picture_is_no_picture():
    picture = jpeg(1, preview=jpeg(2))
    assert list(split_jpegs(pieces(picture + jpeg(3), 11))) == [picture, jpeg(3)]


def test_a_picture_that_breaks_off_does_not_hide_the_next():
    broken = jpeg(1)[:700]
    found = list(split_jpegs(pieces(broken + b"\xff\xd8" + jpeg(2) + jpeg(3), 50)))
    assert found[-1] == jpeg(3)


def test_memory_is_bounded_when_a_picture_never_ends():
    endless = iter([b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x04ab", *[bytes(2**20)] * 40, jpeg(1), b""])
    sizes = []

    def read(_: int) -> bytes:
        sizes.append(0)
        return next(endless)

    assert list(split_jpegs(read)) == [jpeg(1)]
    assert MAX_JPEG_BYTES < 40 * 2**20
