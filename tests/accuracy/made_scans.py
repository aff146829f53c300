"""Made scans with their truth: a clean office print, an office scan in colour, a poor photocopy.

For figures that no scan of real papers can give: every letter's truth known, any number of pages, nobody's data.
The same kind and seed give the same page. ``python -m tests.accuracy.made_scans FOLDER [COUNT]`` writes some out.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocr import Pixels
from tests.accuracy.made_sheet import DPI, HEIGHT, WIDTH, Sheet, sheet_of
from tests.accuracy.made_text import page_of_text

Kind = Literal["clean", "office", "photocopy"]
Field = NDArray[np.float32]

_STEEPEST_OFFICE_DEG, _STEEPEST_COPY_DEG, _STEEPEST_CLEAN_DEG = 4.0, 1.0, 0.3
_SPECKS = 2500
_SEAL_RADIUS = 212
"""36 mm across at 300 dpi, as the law has seals of communes."""
_SEAL_RED, _SIGNATURE_BLUE, _TONER = (205, 38, 52), (32, 54, 158), (28, 27, 30)
_BOLD = "/usr/share/fonts/truetype/liberation2/LiberationSans-Bold.ttf"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeScan:
    """A scanned page and what it says, line by line in reading order, left column of head and foot first.

    ``file`` is the page as a scanner would store it (JPEG for office, PNG else, both with their dpi); ``pixels`` is
    what decoding it gives. ``skew_deg`` is the turn of the print on the sheet, counter-clockwise positive.
    """

    kind: Kind
    seed: int
    pixels: Pixels
    dpi: float
    truth: str
    skew_deg: float
    file: bytes
    suffix: str


def made(kind: Kind, seed: int) -> MadeScan:
    """The page number ``seed`` of its kind."""
    sheet = sheet_of(page_of_text(seed), seed)
    rng = np.random.default_rng([seed, sorted(_MAKERS).index(kind)])
    picture, skew_deg = _MAKERS[kind](sheet, rng)
    file, suffix = _stored(picture, rng) if kind == "office" else _as_png(picture)
    return MadeScan(
        kind=kind,
        seed=seed,
        pixels=np.asarray(Image.open(io.BytesIO(file))) if suffix == ".jpg" else picture,
        dpi=float(DPI),
        truth=sheet.truth,
        skew_deg=skew_deg,
        file=file,
        suffix=suffix,
    )


def level_sheet(seed: int) -> Pixels:
    """Print without any wear, grey, exactly level: for measuring what a turn does."""
    return 255 - sheet_of(page_of_text(seed), seed).ink


# --- the kinds -------------------------------------------------------------------------------------------------


def _clean(sheet: Sheet, rng: np.random.Generator) -> tuple[Pixels, float]:
    """A laser print on a good scanner: hardly turned, a breath of noise."""
    skew_deg = _skew(rng, _STEEPEST_CLEAN_DEG)
    ink = _turned(sheet.ink, skew_deg).astype(np.float32) / 255
    page = 252 - ink * (252 - _TONER[1])
    page += rng.normal(0, 1.5, page.shape).astype(np.float32)
    return _bytes(page), skew_deg


def _office(sheet: Sheet, rng: np.random.Generator) -> tuple[Pixels, float]:
    """A signed and sealed paper on tinted stock, in colour, askew, unevenly lit, a little soft."""
    skew_deg = _skew(rng, _STEEPEST_OFFICE_DEG)
    paper = np.array([rng.uniform(238, 252), rng.uniform(236, 250), rng.uniform(222, 248)], np.float32)
    inks = [(sheet.ink, _TONER)]
    if sheet.sign_at:
        inks.append((_signature(sheet.sign_at, rng), _SIGNATURE_BLUE))
    inks.append((_seal(_seal_place(sheet, rng), rng), _SEAL_RED))
    page = np.ones((HEIGHT, WIDTH, 3), np.float32) * (paper / 255)
    for ink, colour in inks:
        cover = _turned(ink, skew_deg).astype(np.float32)[..., None] / 255
        page *= 1 - cover * (1 - np.array(colour, np.float32) / 255)
    page *= _light(rng)[..., None] * 255
    page = cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.5, 0.9)))
    page += rng.normal(0, float(rng.uniform(1.5, 4)), page.shape).astype(np.float32)
    return _bytes(page), skew_deg


def _photocopy(sheet: Sheet, rng: np.random.Generator) -> tuple[Pixels, float]:
    """A copy of a copy: toner thin in places, the print soft, dirt from the glass; every second one in two levels."""
    skew_deg = _skew(rng, _STEEPEST_COPY_DEG)
    ink = _turned(sheet.ink, skew_deg).astype(np.float32) / 255
    ink = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(1.0, 1.4)))
    faded = 0.6 + 0.5 * _cloud(rng, 6) - 0.3 * _grain(rng, 1.2)
    page = 246 - ink * 226 * np.clip(faded, 0.2, 1)
    _speckle(page, rng)
    page += rng.normal(0, float(rng.uniform(9, 14)), page.shape).astype(np.float32)
    if rng.random() < 0.5:
        page = np.where(page < rng.uniform(168, 188), 0, 255).astype(np.float32)
    return _bytes(page), skew_deg


_MAKERS: dict[Kind, Callable[[Sheet, np.random.Generator], tuple[Pixels, float]]] = {
    "clean": _clean,
    "office": _office,
    "photocopy": _photocopy,
}


# --- seal and signature ----------------------------------------------------------------------------------------


def _seal_place(sheet: Sheet, rng: np.random.Generator) -> tuple[int, int]:
    """Over the left third of the signature (NĐ 30/2020/NĐ-CP, art. 33), or across the edge of an unsigned page."""
    if sheet.sign_at:
        x, y = sheet.sign_at
        return x - 230 + int(rng.integers(-40, 40)), y + int(rng.integers(-60, 60))
    return WIDTH - int(rng.integers(60, 160)), int(rng.integers(900, 2600))


def _seal(centre: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """A round seal: two rings, words along the rim, a star; inked as unevenly as stamping leaves it."""
    finer = 2
    side = 2 * finer * (_SEAL_RADIUS + 8)
    stamp = Image.new("L", (side, side))
    pen = ImageDraw.Draw(stamp)
    for shrink, width in ((0, 9), (16, 4), (92, 4)):
        r = finer * (_SEAL_RADIUS - shrink)
        pen.ellipse((side / 2 - r, side / 2 - r, side / 2 + r, side / 2 + r), outline=255, width=width * finer // 2)
    _words_along_rim(stamp, "ỦY BAN NHÂN DÂN XÃ MẪU * TỈNH THỬ *", finer * (_SEAL_RADIUS - 54))
    star = [(math.pi * n / 5, finer * (64 if n % 2 == 0 else 26)) for n in range(10)]
    pen.polygon([(side / 2 + r * math.sin(a), side / 2 - r * math.cos(a)) for a, r in star], fill=255)
    small = np.asarray(stamp.rotate(float(rng.uniform(-25, 25)), Image.Resampling.BICUBIC).reduce(finer), np.float32)
    layer = np.zeros((HEIGHT + 2 * side, WIDTH + 2 * side), np.float32)
    x, y = (place + side - len(small) // 2 for place in centre)
    layer[y : y + len(small), x : x + len(small)] = small
    return _bytes(layer[side:-side, side:-side] * np.clip(0.55 + 0.5 * _cloud(rng, 40), 0.3, 0.95))


def _words_along_rim(stamp: Image.Image, words: str, radius: float) -> None:
    font = ImageFont.truetype(_BOLD, 74)
    middle = stamp.width / 2
    for number, letter in enumerate(words):
        turn = 360 * (number / len(words) - 0.38)
        tile = Image.new("L", (130, 130))
        ImageDraw.Draw(tile).text((65, 90), letter, font=font, fill=255, anchor="ms")
        tile = tile.rotate(-turn, Image.Resampling.BICUBIC)
        x, y = middle + radius * math.sin(math.radians(turn)), middle - radius * math.cos(math.radians(turn))
        stamp.paste(255, (round(x - 65), round(y - 65)), tile)


def _signature(place: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Some loops of a pen half a millimetre thick, and a flourish under them."""
    t = np.linspace(0, 1, 400)
    waves = sum(rng.uniform(20, 60) * np.sin(2 * np.pi * (n * t + rng.random())) for n in (2, 3, 5))
    x = place[0] - 220 + 440 * t + 45 * np.sin(2 * np.pi * 6 * t + rng.random())
    y = place[1] + 0.5 * waves - 40 * t
    flourish = np.stack((place[0] - 200 + 470 * t, place[1] + 70 - 40 * t + 12 * np.sin(7 * t)), axis=1)
    layer = np.zeros((HEIGHT, WIDTH), np.uint8)
    for stroke in (np.stack((x, y), axis=1), flourish):
        cv2.polylines(layer, [np.round(stroke * 16).astype(np.int32)], False, 235, 5, cv2.LINE_AA, 4)
    return layer


# --- what light, glass and toner do ----------------------------------------------------------------------------


def _skew(rng: np.random.Generator, steepest_deg: float) -> float:
    return round(float(rng.uniform(-steepest_deg, steepest_deg)), 3)


def _turned(ink: Pixels, skew_deg: float) -> Pixels:
    """The sheet laid askew, counter-clockwise positive, in one cubic interpolation."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), skew_deg, 1)
    return np.asarray(cv2.warpAffine(ink, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC), np.uint8)


def _light(rng: np.random.Generator) -> Field:
    """A lamp brighter on one side and a shadow along one edge, as of a book's fold."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j].astype(np.float32)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.04, 0.16)
    light = 1 - depth * (0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle))
    edge = x if rng.random() < 0.5 else 1 - x
    return np.asarray(light - rng.uniform(0.1, 0.35) * np.exp(-edge / 0.03), np.float32)


def _cloud(rng: np.random.Generator, cells: int) -> Field:
    """A smooth field from 0 to 1 with ``cells`` hills along the height."""
    small = rng.random((cells, max(2, cells * WIDTH // HEIGHT))).astype(np.float32)
    return np.clip(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), 0, 1)


def _grain(rng: np.random.Generator, sigma_px: float) -> Field:
    """Noise as coarse as toner grains, mean 0.5."""
    noise = cv2.GaussianBlur(rng.random((HEIGHT, WIDTH)).astype(np.float32), (0, 0), sigma_px)
    return np.asarray((noise - 0.5) * (2 * sigma_px) + 0.5, np.float32)


def _speckle(page: Field, rng: np.random.Generator) -> None:
    """Dirt: dots one to four pixels wide, some pale, set finer than a pixel.

    Of this size plain Tesseract errs on 7 to 8 letters in 100, as measured on copies like these elsewhere.
    """
    xs, ys = rng.uniform(0, WIDTH, _SPECKS), rng.uniform(0, HEIGHT, _SPECKS)
    for x, y, r, tone in zip(xs, ys, rng.gamma(2.2, 0.45, _SPECKS) + 0.6, rng.uniform(20, 130, _SPECKS), strict=True):
        centre = (round(x * 16), round(y * 16))
        cv2.circle(page, centre, round(min(r, 2.1) * 16), float(tone), -1, cv2.LINE_AA, 4)


def _bytes(page: Field) -> Pixels:
    return np.clip(np.rint(page), 0, 255).astype(np.uint8)


# --- files -----------------------------------------------------------------------------------------------------


def _stored(picture: Pixels, rng: np.random.Generator) -> tuple[bytes, str]:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=int(rng.integers(75, 86)), dpi=(DPI, DPI))
    return out.getvalue(), ".jpg"


def _as_png(picture: Pixels) -> tuple[bytes, str]:
    out = io.BytesIO()
    two_levels = not np.any((picture > 0) & (picture < 255))
    page = Image.fromarray(picture).convert("1", dither=Image.Dither.NONE) if two_levels else Image.fromarray(picture)
    page.save(out, "PNG", compress_level=1, dpi=(DPI, DPI))
    return out.getvalue(), ".png"


def write_pages(folder: Path, count: int) -> None:
    """``count`` pages of each kind, each beside its truth, to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in _MAKERS:
        for seed in range(count):
            scan = made(kind, seed)
            (folder / f"{kind}{seed:02}{scan.suffix}").write_bytes(scan.file)
            (folder / f"{kind}{seed:02}.txt").write_text(scan.truth, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 4)
