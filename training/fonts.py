"""Finds the fonts: OCR-B for the zone (Debian's fonts-ocr-b), and all others that are installed for the rest of a page."""

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FOLDER = Path("/usr/share/fonts")
OCR_B = [str(FOLDER / "opentype/ocr-b" / f"OCRB{cut}.otf") for cut in ("", "S")]
FAMILIES = ("dejavu", "liberation", "freefont", "urw-base35")
SYMBOLS = ("D050000L", "StandardSymbols", "MathTeX")
TEXT_FONTS = sorted(
    str(path)
    for family in FAMILIES
    for path in FOLDER.glob(f"*/{family}*/*.[ot]tf")
    if not any(symbol in path.name for symbol in SYMBOLS)
)
# Plain letters without serifs, whose zero has neither a dot nor a stroke.
PLAIN = [font for font in TEXT_FONTS if any(name in font for name in ("Sans", "Gothic")) and "Mono" not in font]
MONOSPACED = [font for font in TEXT_FONTS if "Mono" in font]


@lru_cache(maxsize=2_000)
def open_font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=100)
def with_advance(path: str, advance: int) -> ImageFont.FreeTypeFont:
    """A font of even widths, at the size where a character is `advance` pixels wide."""
    probe = ImageFont.truetype(path, 1_000)
    return ImageFont.truetype(path, round(advance * 1_000 / probe.getlength("N")))
