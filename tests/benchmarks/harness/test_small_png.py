"""Screenshots become small enough for git, and stay what they show."""

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.harness.small_png import small_png


def png(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def shown(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


def noise(colours: int) -> bytes:
    """A picture that compression does nothing for."""
    draw = np.random.default_rng(0)
    return png(draw.integers(0, colours, (100, 100, 3), dtype=np.uint8))


def test_few_colours_stay_as_they_are() -> None:
    pixels = np.zeros((40, 30, 3), np.uint8)
    pixels[10:, :] = (27, 108, 168)
    pixels[20:, 10:] = (255, 255, 255)
    small = small_png(png(pixels))
    assert shown(small).mode == "P"
    assert (np.asarray(shown(small).convert("RGB")) == pixels).all()


def test_colours_become_fewer_until_the_picture_fits() -> None:
    large, small = small_png(noise(256)), small_png(noise(256), most=8_000)
    assert len(small) <= 8_000 < len(large)
    assert shown(small).size == shown(large).size == (100, 100)


def test_a_picture_that_cannot_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Show less of the page"):
        small_png(noise(256), most=1_000)
