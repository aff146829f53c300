"""The two programs that are compared: how each is asked for searchable PDF/A of the same pages, and what came out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pikepdf import Pdf

from ocr.text import nfc
from tests.bench.measure import Cost, run
from tests.bench.pages import Sheet, bound

INTAKE = (sys.executable, "-c", "from intake.cli import main; main()")
_OWN_VENV = Path(".bench/ocrmypdf/bin/ocrmypdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What a program made of one page: its text as ``pdftotext -raw`` finds it, and the skew it says it corrected."""

    text: str
    skew_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run over all pages. ``bytes_by_set`` are sizes of PDFs that hold the pages of one set each."""

    cost: Cost
    products: dict[Path, Product]
    bytes_by_set: dict[str, int]


class Program(Protocol):
    """Something that turns scans into searchable PDF/A."""

    name: str

    def process(self, sheets: Sequence[Sheet], workers: int, place: Path) -> Outcome: ...


class Intake:
    """``intake process --seal``: a folder a set, each a batch; dossiers with cover and receipt slip come out."""

    name = "intake"

    def process(self, sheets: Sequence[Sheet], workers: int, place: Path) -> Outcome:
        home, out = place / "home", place / "out"
        home.mkdir(parents=True)
        (home / "intake.toml").write_text(f"[work]\nworkers = {workers}\n", encoding="utf-8")
        folders = list(dict.fromkeys(sheet.file.parent for sheet in sheets))
        cost = run([*INTAKE, "process", *folders, "--into", out, "--seal", "--home", home], place / "log")
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        products = {Path(page["source"]): product for page, product in _pages_of(manifest, out)}
        return Outcome(cost=cost, products=products, bytes_by_set=_dossier_bytes(manifest, out, sheets))


def _pages_of(manifest: dict, out: Path) -> Iterator[tuple[dict, Product]]:
    """Each page of each dossier: behind the cover the pages as captured, then the slip."""
    for dossier, pages in _dossiers(manifest):
        texts = texts_of(out / dossier["pdf"])
        slip = len(texts_of(out / dossier["receipt"]["pdf"]))
        for page, text in zip(pages, texts[len(texts) - len(pages) - slip :], strict=False):
            yield page, Product(text=text, skew_deg=page["skew_deg"])


def _dossiers(manifest: dict) -> Iterator[tuple[dict, list[dict]]]:
    for dossier in manifest["dossiers"]:
        yield dossier, [page for page in manifest["pages"] if page["document"] in dossier["documents"]]


def _dossier_bytes(manifest: dict, out: Path, sheets: Sequence[Sheet]) -> dict[str, int]:
    sets = {sheet.file: sheet.of for sheet in sheets}
    sizes = dict.fromkeys(sets.values(), 0)
    for dossier, pages in _dossiers(manifest):
        sizes[sets[Path(pages[0]["source"])]] += (out / dossier["pdf"]).stat().st_size
    return sizes


@dataclass(frozen=True, slots=True)
class Ocrmypdf:
    """``ocrmypdf --deskew --output-type pdfa`` on one PDF of all pages, so that its workers share the pages."""

    program: Path
    name: str = "ocrmypdf"

    @property
    def version(self) -> str:
        return subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def process(self, sheets: Sequence[Sheet], workers: int, place: Path) -> Outcome:
        place.mkdir(parents=True)
        bundle, out = bound(sheets, place / "in.pdf"), place / "out.pdf"
        options = ["--deskew", "--output-type", "pdfa", "-l", "vie", "--jobs", str(workers)]
        # one thread a worker, as ours has: Tesseract's own threads would make two workers of one
        cost = run([self.program, *options, bundle, out], place / "log", {"OMP_THREAD_LIMIT": "1"})
        products = {sheet.file: Product(text=text) for sheet, text in zip(sheets, texts_of(out), strict=True)}
        return Outcome(cost=cost, products=products, bytes_by_set=_part_bytes(out, sheets))


def _part_bytes(out: Path, sheets: Sequence[Sheet]) -> dict[str, int]:
    """Size of the pages of each set, as a PDF of their own."""
    sizes = {}
    for name in dict.fromkeys(sheet.of for sheet in sheets):
        part = out.with_name(f"{name}.pdf")
        with Pdf.open(out) as pdf:
            for number in reversed(range(len(sheets))):
                if sheets[number].of != name:
                    del pdf.pages[number]
            pdf.remove_unreferenced_resources()
            pdf.save(part)
        sizes[name] = part.stat().st_size
    return sizes


def find_ocrmypdf() -> Ocrmypdf | None:
    """Where OCRMYPDF says, on the path, or in its own venv below the project; None when it is not installed."""
    found = os.environ.get("OCRMYPDF") or shutil.which("ocrmypdf") or (str(_OWN_VENV) if _OWN_VENV.exists() else None)
    return Ocrmypdf(Path(found)) if found else None


def texts_of(pdf: Path) -> list[str]:
    """Text of every page in the order in which the file holds it."""
    done = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True)
    return [nfc(text) for text in done.stdout.split("\f")[:-1]]
