"""Backs of pages as a scanner sees them, drawn by seed: what people leave on them, and what nobody put there.

At 150 dpi. Every back has paper of some tint, grain of the scanner, JPEG's traces and a share of the usual dirt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from tests.ocr.made_pages import A4_150, font, letter, seal, sheet

Random = np.random.Generator
Ink = tuple[int, int, int]

_W, _H = A4_150
_PX_MM = 150 / 25.4
PAPERS = ((252, 252, 250), (250, 242, 220), (228, 228, 224), (250, 226, 226), (226, 240, 250))
SEAL_INKS = ((200, 25, 45), (215, 70, 90), (40, 60, 170), (120, 40, 140), (170, 30, 30))
PENS = ((20, 20, 25), (30, 40, 150), (60, 80, 190), (110, 110, 116), (135, 135, 140), (110, 130, 200))


def _mm(length: float) -> int:
    return round(length * _PX_MM)


def _pick(random: Random, inks: tuple[Ink, ...]) -> Ink:
    return inks[int(random.integers(len(inks)))]


def _pressed(page: Image.Image, random: Random, draw: Callable[[Image.Image], None], strength: float) -> None:
    """What ``draw`` draws, with uneven pressure, dark where it lies on dark."""
    layer = sheet()
    draw(layer)
    box = ImageOps.invert(layer.convert("L")).getbbox() or (0, 0, 1, 1)
    part = layer.crop(box)
    spots = random.normal(0, 1, (part.height // 24 + 2, part.width // 24 + 2)).astype(np.float32)
    cloud = np.array(Image.fromarray(spots).resize(part.size, Image.Resampling.BICUBIC))
    press = np.clip(strength * (1 + 0.25 * cloud), 0.12, 1)[..., None]
    ink = Image.fromarray((255 - (255 - np.array(part, np.float32)) * press).astype(np.uint8))
    page.paste(ImageChops.multiply(page.crop(box), ink), box)


# --- what people leave -------------------------------------------------------------------------------------


def whole_seal(page: Image.Image, random: Random) -> None:
    radius = _mm(random.uniform(10, 18))
    at = (int(random.integers(radius + 40, _W - radius - 40)), int(random.integers(radius + 40, _H - radius - 40)))
    ink = _pick(random, SEAL_INKS)
    _pressed(page, random, lambda layer: seal(layer, at, radius, ink), random.uniform(0.45, 1))


def half_seal(page: Image.Image, random: Random) -> None:
    """Set across the edges of several sheets: 7 to 15 mm of it are on this one."""
    radius, shown = _mm(18), _mm(random.uniform(7, 15))
    along = int(random.integers(radius, _H - radius))
    side = int(random.integers(4))
    across = min(along, _W - radius)
    at = (
        (shown - radius, along),
        (_W + radius - shown, along),
        (across, shown - radius),
        (across, _H + radius - shown),
    )[side]
    ink = _pick(random, SEAL_INKS)
    _pressed(page, random, lambda layer: seal(layer, at, radius, ink), random.uniform(0.5, 1))


def signature(page: Image.Image, random: Random) -> None:
    """Loops of a pen, 12 to 45 mm wide, a quarter to half a millimetre thick."""
    wide, loops = _mm(random.uniform(12, 45)), random.uniform(2, 6)
    t = np.linspace(0, 2 * np.pi * loops, 300)
    swing = _mm(random.uniform(3, 9))
    x = wide * t / t[-1] + swing * np.sin(t * random.uniform(0.8, 1.2)) * random.uniform(0.5, 1)
    y = swing * np.cos(t) * (1 - 0.5 * t / t[-1]) - wide * random.uniform(0, 0.3) * t / t[-1]
    left, top = int(random.integers(80, _W - wide - 120)), int(random.integers(150, _H - 150))
    ink, thick = _pick(random, PENS), int(random.integers(2, 4))
    points = list(zip((x + left).tolist(), (y + top).tolist(), strict=True))
    _pressed(page, random, lambda layer: ImageDraw.Draw(layer).line(points, fill=ink, width=thick), 1.0)


def page_number(page: Image.Image, random: Random) -> None:
    words = (str(int(random.integers(1, 30))), f"- {int(random.integers(2, 30))} -")[int(random.integers(2))]
    at = (int(random.integers(120, _W - 160)), (80, _H - 120)[int(random.integers(2))])
    size, ink = int(random.integers(17, 30)), ((0, 0, 0), (70, 70, 70))[int(random.integers(2))]
    ImageDraw.Draw(page).text(at, words, font=font(size), fill=ink)


def small_stamp(page: Image.Image, random: Random) -> None:
    wide, tall = _mm(random.uniform(14, 30)), _mm(random.uniform(7, 11))
    x, y = int(random.integers(60, _W - wide - 60)), int(random.integers(60, _H - tall - 60))
    ink = _pick(random, SEAL_INKS)

    def draw(layer: Image.Image) -> None:
        pen = ImageDraw.Draw(layer)
        pen.rectangle((x, y, x + wide, y + tall), outline=ink, width=2)
        pen.text((x + 6, y + tall // 5), "ĐÃ THU", font=font(round(tall * 0.5), "Bold"), fill=ink)

    _pressed(page, random, draw, random.uniform(0.45, 1))


def fingerprint(page: Image.Image, random: Random) -> None:
    """Whorls of ridges half a millimetre apart, 14 by 19 mm."""
    wide, tall = _mm(14), _mm(19)
    y, x = np.mgrid[-1 : 1 : tall * 1j, -1 : 1 : wide * 1j]
    ring = np.hypot(x, y * 0.8 + 0.2 * np.sin(3 * x))
    ridges = (np.sin(ring * 2 * np.pi * 14) > 0) & (np.hypot(x, y) < 1)
    ink = _pick(random, SEAL_INKS)
    print_ = Image.fromarray(np.where(ridges[..., None], np.array(ink), 255).astype(np.uint8))
    at = (int(random.integers(60, _W - wide - 60)), int(random.integers(60, _H - tall - 60)))
    _pressed(page, random, lambda layer: layer.paste(print_, at), random.uniform(0.5, 0.9))


def few_words(page: Image.Image, random: Random) -> None:
    at = (int(random.integers(80, _W - 400)), int(random.integers(120, _H - 160)))
    ImageDraw.Draw(page).text(
        at, "Đã nhận đủ", font=font(int(random.integers(22, 36)), "Italic"), fill=_pick(random, PENS)
    )


LEFT_BY_PEOPLE = (whole_seal, half_seal, signature, page_number, small_stamp, fingerprint, few_words)


# --- what nobody put there ---------------------------------------------------------------------------------


def show_through(page: Image.Image, random: Random) -> None:
    """The print and the seal of the other side, mirrored, soft and pale."""
    soft = _other_side(int(random.integers(3)), int(random.integers(3)))
    page.paste(ImageChops.multiply(page, Image.blend(sheet(), soft, random.uniform(0.08, 0.2))))


@lru_cache
def _other_side(full: int, blur: int) -> Image.Image:
    other = letter((7, 16, 26)[full])
    seal(other, (400 + 200 * full, 600 + 400 * blur))
    return other.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur((1.5, 2, 2.5)[blur]))


def specks(page: Image.Image, random: Random) -> None:
    pen = ImageDraw.Draw(page)
    many = int(random.integers(20, 2000))
    for x, y, side in random.integers(0, (_W, _H, 2), (many, 3)).tolist():
        pen.ellipse((x, y, x + side, y + side), fill=(60, 60, 60))
    for x, y, side in random.integers(0, (_W, _H, 5), (many // 40, 3)).tolist():
        pen.ellipse((x, y, x + side, y + side), fill=(50, 50, 50))


def punch_holes(page: Image.Image, random: Random) -> None:
    pen, x, wide = ImageDraw.Draw(page), _mm(random.uniform(9, 13)), _mm(random.uniform(5, 6.5))
    middle = _H // 2 + int(random.integers(-60, 60))
    for y in (middle - _mm(40), middle + _mm(40)):
        dark = int(random.integers(20, 130))
        pen.ellipse((x - wide // 2, y - wide // 2, x + wide // 2, y + wide // 2), fill=(dark,) * 3)


def edge_shadow(page: Image.Image, random: Random) -> None:
    """It grows darker towards one side, and a line of shadow marks the edge itself."""
    deep, reach = random.uniform(0.5, 0.85), _mm(random.uniform(2, 25))
    ramp = np.ones(_W, np.float32)
    ramp[:reach] = np.linspace(deep, 1, reach)
    shaded = Image.fromarray(np.repeat(np.repeat((255 * ramp).astype(np.uint8)[None, :, None], _H, 0), 3, 2))
    page.paste(ImageChops.multiply(page, shaded))
    ImageDraw.Draw(page).rectangle((0, 0, _mm(random.uniform(0.3, 2)), _H), fill=(40, 40, 40))


def fold(page: Image.Image, random: Random) -> None:
    y, grey = int(random.integers(600, 1200)), int(random.integers(195, 225))
    ImageDraw.Draw(page).line((0, y, _W, y + int(random.integers(-8, 8))), fill=(grey,) * 3, width=4)


BY_NOBODY = (show_through, specks, punch_holes, edge_shadow, fold)


def back(seed: int, mark: Callable[[Image.Image, Random], None] | None) -> np.ndarray:
    """An A4 back at 150 dpi in RGB with ``mark`` on it, or with nothing that anybody put there."""
    random = np.random.default_rng(seed)
    page = sheet(paper=_pick(random, PAPERS))
    for dirty in BY_NOBODY:
        if random.random() < 0.4:
            dirty(page, random)
    if mark is not None:
        mark(page, random)
    grain = _grain()[:: random.choice((-1, 1)), :: random.choice((-1, 1))]
    grain = np.roll(grain, random.integers(0, 1000, 2).tolist(), (0, 1)) * random.uniform(1, 4)
    scanned = np.clip(np.array(page)[..., ::-1] + grain[..., None], 0, 255).astype(np.uint8)
    scanned = cv2.GaussianBlur(scanned, (0, 0), random.uniform(0.3, 0.7))
    coded = cv2.imencode(".jpg", scanned, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 92))])[1]
    return cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)


@lru_cache
def _grain() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (_H, _W)).astype(np.float32)
