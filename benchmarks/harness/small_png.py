"""Makes a screenshot small enough for git: the colours of a PNG become a palette."""

import io
from typing import Final

from PIL import Image

# The bound of every picture in this repository, in bytes; tests/docs/test_pictures.py holds it.
MOST_BYTES: Final = 150_000
# Sizes of the palette, tried from the best to the least.
_COLOURS: Final = (256, 128, 64, 32, 16)


def small_png(png: bytes, most: int = MOST_BYTES) -> bytes:
    """The same picture with a palette, at most `most` bytes long; no pixel is moved or blended.

    Args:
        png: A PNG file; transparency is dropped.
        most: The bound in bytes.

    Returns:
        The PNG with the largest palette that fits.

    Raises:
        ValueError: Even 16 colours are too long: take a smaller part of the page.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in _COLOURS:
        written = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        if written.tell() <= most:
            return written.getvalue()
    raise ValueError(
        f"The picture of {picture.width} x {picture.height} pixels takes {written.tell():,} bytes with"
        f" {_COLOURS[-1]} colours (limit {most:,}). Show less of the page."
    )
