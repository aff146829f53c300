"""The pages that both programs are given, on disk: made ones, and real scans where ../shared/data is at hand."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

from tests.accuracy.made_scans import Kind, made
from tests.accuracy.readings import SCANS, printed

POINTS_AN_INCH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page of the bench: its file, the set it belongs to, what is printed on it, its skew where that is known."""

    of: str
    file: Path
    truth: str
    skew_deg: float | None = None


def made_sheets(folder: Path, kind: Kind, count: int) -> Iterator[Sheet]:
    """``count`` made pages as files a scanner would leave."""
    folder.mkdir(parents=True)
    for seed in range(count):
        scan = made(kind, seed)
        path = folder / f"{seed:03}{scan.suffix}"
        path.write_bytes(scan.file)
        yield Sheet(of=kind, file=path, truth=scan.truth, skew_deg=scan.skew_deg)


def scanned_sheets(folder: Path, name: str, count: int) -> Iterator[Sheet]:
    """Up to ``count`` real scans of a set, evenly chosen; none where ../shared/data is absent."""
    paths = sorted((SCANS / name).glob("*.[jp][pn]g"))
    folder.mkdir(parents=True)
    for path in paths[:: max(1, len(paths) // count)][:count]:
        yield Sheet(of=name, file=Path(shutil.copy(path, folder / path.name)), truth=printed(path.with_suffix(".txt")))


def bound(sheets: Sequence[Sheet], into: Path) -> Path:
    """All pages in one PDF, the pictures as they are: a JPEG's own bytes, others without loss."""
    pdf = Pdf.new()
    for sheet in sheets:
        picture, (width, height), dpi = _picture(pdf, sheet.file)
        box = (width * POINTS_AN_INCH / dpi, height * POINTS_AN_INCH / dpi)
        page = pdf.add_blank_page(page_size=box)
        page.Resources = Dictionary(XObject=Dictionary(P=picture))
        page.Contents = pdf.make_stream(f"{box[0]:.4f} 0 0 {box[1]:.4f} 0 0 cm /P Do".encode())
    pdf.save(into)
    return into


def _picture(pdf: Pdf, file: Path) -> tuple[Stream, tuple[int, int], float]:
    data = file.read_bytes()
    picture = Image.open(io.BytesIO(data))
    dpi = float(picture.info.get("dpi", (0, 0))[0])
    grey = picture.mode in ("1", "L")
    facts = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=Name.DeviceGray if grey else Name.DeviceRGB,
        BitsPerComponent=1 if picture.mode == "1" else 8,
    )
    if picture.format == "JPEG":
        stream = Stream(pdf, data, facts)
        stream.Filter = Array([Name.DCTDecode])
    else:
        stream = Stream(pdf, (picture if grey else picture.convert("RGB")).tobytes(), facts)
    return stream, picture.size, dpi if dpi > POINTS_AN_INCH else _dpi_as_a4(picture.size)


def _dpi_as_a4(size: tuple[int, int]) -> float:
    return max(min(size) / 8.27, max(size) / 11.69)
