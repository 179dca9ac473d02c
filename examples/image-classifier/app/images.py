"""From the bytes of a request to an image, with errors a client can act on."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, ImageOps, UnidentifiedImageError

# Formats that photographs come in. Pillow reads many more, in code that is
# rarely used and was often the way in for an attacker.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


class BadImageError(ValueError):
    """The image cannot be decoded. The message is for the client."""


class ImageTooLargeError(ValueError):
    """The image is over a limit. The message is for the client."""


def decode(encoded: str, max_bytes: int, max_pixels: int) -> Image.Image:
    """Decode a base64 image to RGB, upright as its EXIF data says.

    A data URL is accepted as well. Raises BadImageError or
    ImageTooLargeError.
    """
    raw = _decode_base64(encoded)
    if len(raw) > max_bytes:
        raise ImageTooLargeError(f"the image has {len(raw)} bytes, more than {max_bytes}")
    try:
        # Opening reads the header only; the pixels come after the check.
        image = Image.open(io.BytesIO(raw), formats=FORMATS)
        width, height = image.size
        if width * height > max_pixels:
            raise ImageTooLargeError(f"the image has {width}x{height} pixels, more than {max_pixels} in all")
        return ImageOps.exif_transpose(image).convert("RGB")
    except ImageTooLargeError:
        raise
    except UnidentifiedImageError as error:
        raise BadImageError(f"the data is not an image in one of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # Decoders raise many types on broken files.
        raise BadImageError(f"the image is broken: {error}") from error


def _decode_base64(encoded: str) -> bytes:
    if encoded.startswith("data:"):
        _, separator, encoded = encoded.partition(";base64,")
        if not separator:
            raise BadImageError("the data URL is not base64: begin it with data:<type>;base64,")
    try:
        # Tools break lines after 76 characters.
        raw = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadImageError(f"the image is not valid base64: {error}") from error
    if not raw:
        raise BadImageError("the image is empty")
    return raw
