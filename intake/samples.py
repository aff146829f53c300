"""Scans of sample papers as four scanners would leave them: skewed, turned, noisy, in mixed formats, with their truth.

For ``make demo`` and tests, which must have paper without anybody's papers. The same seed gives the same files.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import zxingcpp
from PIL import Image

from intake.model import ProcedureCode
from intake.sample_forms import draw, forms, household, separator
from intake.sample_sheet import A4, DPI
from ocr import Pixels

SEPARATOR_TEXT = "MOTCUA-SEP"
STEEPEST_DEG = 3.0

_SEPARATOR_TITLE = "TỜ NGĂN HỒ SƠ"
_THREADS = 2
_SLACK = 64
"""Pixels by which the noise of the paper may be shifted, so that no two pages have the same."""


# --- what is made ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePaper:
    """A filled form fresh from the pen: its sides upright and crisp, RGB, A4 at 300 dpi."""

    cue: str
    title: str
    sides: tuple[Pixels, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePage:
    """One scanned side and the truth about it, in the terms of :class:`ocr.Reading`.

    ``file`` is relative to the root of the lanes, ``page`` counts from 1 within it. ``turn_deg`` is the clockwise
    turn that sets the page upright, ``skew_deg`` the counter-clockwise turn of the print that is then left.
    """

    file: Path
    page: int
    turn_deg: int = 0
    skew_deg: float = 0.0
    blank: bool = False
    separator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDocument:
    """One paper: its type, its printed title, and the pages that bear its print."""

    cue: str
    title: str
    pages: tuple[SamplePage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDossier:
    """One citizen's papers as they went through a lane; ``pages`` holds every side, blanks and separator too."""

    lane: str
    procedure: ProcedureCode
    documents: tuple[SampleDocument, ...]
    pages: tuple[SamplePage, ...]


Format = Literal["jpg", "png", "tif", "bw.tif", "tiff", "pdf"]
"""``png`` is grey and ``bw.tif`` bilevel; ``tiff`` and ``pdf`` hold a whole dossier in one file."""

_BOUND = ("tiff", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A dossier to be made. ``papers`` are cues; one that ends in '+' is followed by its blank back."""

    lane: str
    procedure: str
    papers: tuple[str, ...]
    format: Format
    turned: Mapping[int, int]
    """Clockwise turns that set pages upright again, by index of the page in the dossier."""


_PLANS = (
    _Plan(lane="may-quet-1", procedure="1.001193", papers=("TK_KS", "GCS+", "UQ"), format="jpg", turned={2: 180}),
    _Plan(lane="may-quet-1", procedure="1.000894", papers=("TK_KH", "GXNHN+"), format="jpg", turned={}),
    _Plan(lane="may-quet-1", procedure="1.000656", papers=("TK_KT", "GBT"), format="png", turned={1: 90}),
    _Plan(lane="may-quet-2", procedure="1.012796", papers=("DK18", "GCN_OLD"), format="tiff", turned={2: 270}),
    _Plan(lane="may-quet-2", procedure="1.004222", papers=("CT01+", "UQ"), format="jpg", turned={}),
    _Plan(lane="may-quet-3", procedure="1.001776", papers=("BT1", "UQ"), format="pdf", turned={0: 180}),
    _Plan(lane="may-quet-3", procedure="1.001612", papers=("HKD", "UQ"), format="jpg", turned={1: 90}),
    _Plan(lane="may-quet-4", procedure="1.001193", papers=("TK_KS", "UQ"), format="bw.tif", turned={}),
    _Plan(lane="may-quet-4", procedure="1.000656", papers=("TK_KT", "GBT"), format="jpg", turned={0: 270}),
)
"""Nine dossiers in four lanes; in the eighth the giấy chứng sinh is missing on purpose."""


# --- making them -----------------------------------------------------------------------------------------------


def papers(seed: int) -> tuple[SamplePaper, ...]:
    """Each sample form once, filled by one made-up household."""
    chance = random.Random(seed)
    written = household(chance, "TK_KS")
    return tuple(
        SamplePaper(cue=form.cue, title=form.title, sides=draw(form, written, chance)) for form in forms().values()
    )


def write_lanes(root: Path, seed: int) -> tuple[SampleDossier, ...]:
    """Fill ``root/may-quet-1`` to ``may-quet-4`` with scans and give back the truth, in the order of the pages.

    Names sort in the order of scanning. A lane's dossiers after the first begin with a separator sheet.
    """
    chance, paper = random.Random(seed), _paper(seed)
    made: list[SampleDossier] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for plan in _PLANS:
            (root / plan.lane).mkdir(parents=True, exist_ok=True)
            before = [dossier for dossier in made if dossier.lane == plan.lane]
            stack = _stack(plan, chance, separated=bool(before))
            files = _files(plan, len(stack), after=len({page.file for one in before for page in one.pages}))
            scans = pool.map(lambda side: _scan(side, paper), stack)
            if plan.format in _BOUND:
                (root / files[0][0]).write_bytes(_bound(list(scans), plan.format))
            else:
                for (file, _), data in zip(files, pool.map(partial(_encoded, kind=plan.format), scans), strict=True):
                    (root / file).write_bytes(data)
            made.append(_truth(plan, stack, files))
    return tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A side before it goes through the scanner; ``paper`` is its index in the plan, None for a separator."""

    pixels: Pixels
    paper: int | None
    turn_deg: int = 0
    skew_deg: float = 0.0
    blank: bool = False
    shift: tuple[int, int] = (0, 0)
    """Which part of the paper's grain lies under the page."""


def _stack(plan: _Plan, chance: random.Random, separated: bool) -> list[_Side]:
    """The sides of a dossier in the order they pass, each with the skew and turn it will have."""
    written = household(chance, plan.papers[0].rstrip("+"))
    sides: list[_Side] = []
    for index, paper in enumerate(plan.papers):
        fronts = draw(forms()[paper.rstrip("+")], written, chance)
        sides += [_Side(pixels=front, paper=index) for front in fronts]
        if paper.endswith("+"):
            sides.append(_Side(pixels=_back_of(fronts[-1]), paper=index, blank=True))
    worn = [_worn(side, chance, plan.turned.get(number, 0)) for number, side in enumerate(sides)]
    if not separated:
        return worn
    symbol = zxingcpp.create_barcode(SEPARATOR_TEXT, zxingcpp.BarcodeFormat.QRCode).to_image(scale=8)
    sheet = separator(np.asarray(symbol), _SEPARATOR_TITLE, chance)
    return [_worn(_Side(pixels=sheet, paper=None), chance, turn_deg=0), *worn]


def _worn(side: _Side, chance: random.Random, turn_deg: int) -> _Side:
    skew_deg = round(chance.uniform(-STEEPEST_DEG, STEEPEST_DEG), 2)
    return replace(
        side, turn_deg=turn_deg, skew_deg=skew_deg, shift=(chance.randrange(_SLACK), chance.randrange(_SLACK))
    )


def _back_of(front: Pixels) -> Pixels:
    """An empty back: nothing but the front's print shining faintly through, mirrored."""
    small = cv2.resize(front[:, ::-1], None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    faint = cv2.addWeighted(cv2.GaussianBlur(small, (0, 0), 1.2), 0.05, np.full_like(small, 255), 0.95, 0)
    return np.asarray(cv2.resize(faint, A4, interpolation=cv2.INTER_LINEAR), np.uint8)


def _paper(seed: int) -> Pixels:
    """How much darker than white each point of the paper is, a little more so in blue; clouded and grainy."""
    grain = np.random.default_rng(seed)
    height, width = A4[1] + _SLACK, A4[0] + _SLACK
    noise = grain.integers(0, 7, (height, width), dtype=np.uint8)
    clouds = cv2.resize(grain.integers(2, 8, (9, 7), dtype=np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    plain = noise + np.asarray(clouds, np.uint8)
    return np.asarray(cv2.merge((plain, plain + np.uint8(2), plain + np.uint8(8))), np.uint8)


def _scan(side: _Side, paper: Pixels) -> Pixels:
    """The side as scanned: skewed counter-clockwise, then turned so that ``turn_deg`` clockwise rights it."""
    middle = (A4[0] / 2 - 0.5, A4[1] / 2 - 0.5)
    tilt = cv2.getRotationMatrix2D(middle, side.skew_deg, 1.0)
    lying = cv2.warpAffine(side.pixels, tilt, A4, borderMode=cv2.BORDER_REPLICATE)
    x, y = side.shift
    toned = cv2.subtract(lying, paper[y : y + A4[1], x : x + A4[0]])
    return np.ascontiguousarray(np.rot90(toned, side.turn_deg // 90), np.uint8)


# --- files -----------------------------------------------------------------------------------------------------


def _files(plan: _Plan, sides: int, after: int) -> list[tuple[Path, int]]:
    """The file, and the page within it, of each side; numbers follow the lane's files so far."""
    ending = plan.format.rpartition(".")[2]
    if plan.format in _BOUND:
        return [(Path(plan.lane) / f"scan-{after + 1:04d}.{ending}", page) for page in range(1, sides + 1)]
    return [(Path(plan.lane) / f"scan-{number:04d}.{ending}", 1) for number in range(after + 1, after + sides + 1)]


def _encoded(scan: Pixels, kind: Format) -> bytes:
    picture, out = Image.fromarray(scan), io.BytesIO()
    if kind == "jpg":
        picture.save(out, "JPEG", quality=82, dpi=(DPI, DPI))
    elif kind == "png":
        picture.convert("L").save(out, "PNG", compress_level=1, dpi=(DPI, DPI))
    else:
        bilevel = picture.convert("L").point(lambda grey: 255 * (grey > 150)).convert("1")
        bilevel.save(out, "TIFF", compression="group4", dpi=(DPI, DPI))
    return out.getvalue()


def _bound(scans: Sequence[Pixels], kind: Format) -> bytes:
    """All scans in one file. The dates are fixed, or the same seed would not give the same bytes."""
    first, *rest = [Image.fromarray(scan) for scan in scans]
    out = io.BytesIO()
    if kind == "pdf":
        never = time.gmtime(0)
        first.save(out, "PDF", save_all=True, append_images=rest, resolution=DPI, creationDate=never, modDate=never)
    else:
        first.save(out, "TIFF", save_all=True, append_images=rest, compression="jpeg", quality=82, dpi=(DPI, DPI))
    return out.getvalue()


def _truth(plan: _Plan, stack: Sequence[_Side], files: Sequence[tuple[Path, int]]) -> SampleDossier:
    pages = [
        SamplePage(
            file=file,
            page=number,
            turn_deg=side.turn_deg,
            skew_deg=side.skew_deg,
            blank=side.blank,
            separator=side.paper is None,
        )
        for side, (file, number) in zip(stack, files, strict=True)
    ]
    documents = [
        SampleDocument(
            cue=paper.rstrip("+"),
            title=forms()[paper.rstrip("+")].title,
            pages=tuple(
                page for side, page in zip(stack, pages, strict=True) if side.paper == index and not side.blank
            ),
        )
        for index, paper in enumerate(plan.papers)
    ]
    code = ProcedureCode(plan.procedure)
    return SampleDossier(lane=plan.lane, procedure=code, documents=tuple(documents), pages=tuple(pages))
