"""Dossier, readings and slip -> one searchable PDF/A-1b: cover, every captured page in order, the slip.

Memory stays bounded however long the dossier is: pages are made in short files on disk, which qpdf streams into the
last one. The same binding gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from pikepdf import Array, Dictionary, Job, Name, OutlineItem, Pdf, String

from intake import pdfa
from intake.clock import VIETNAM
from intake.cover import CoverFacts, DossierWords, Entry, PageLabels, cover
from intake.errors import Broken
from intake.leaf import add_leaf
from intake.model import BlobId, Document, Dossier, Office, PageId, PageReading, Receipt
from intake.textlayer import RESOURCE, font
from ocr.text import nfc

_LEAVES_A_FILE = 32
"""Pages whose pictures stand in memory at once: about 20 MB of JPEG at 300 dpi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierBinding:
    """What is bound together.

    ``pages`` are all pages to print, in the order they were captured: blank ones too, separators if the caller
    wants them. Every page of every document must be among them. ``reading`` and ``picture`` are asked once a
    page, in that order; ``picture`` gives the upright picture (JPEG or PNG) of ``PageReading.image``.
    A draft, not yet sealed, has no ``slip`` and a receipt with an empty number: it promises no day.
    """

    dossier: Dossier
    receipt: Receipt
    office: Office
    pages: tuple[PageId, ...]
    reading: Callable[[PageId], PageReading]
    picture: Callable[[BlobId], bytes]
    slip: bytes | None
    words: DossierWords


def build(binding: DossierBinding, into: Path) -> None:
    """Write the dossier to ``into`` (overwritten; not atomic: the vault publishes).

    Short-lived files stand in a folder beside ``into``. Raises Broken where a document has a page that is not
    bound, BadSettings where typeface or colour profile are missing, OSError as the disk does.
    """
    numbers = _numbers(binding)
    with TemporaryDirectory(dir=into.parent, prefix=".tmp-") as made:
        folder = Path(made).resolve()
        leaves = _leaves(binding, folder)
        plan = _Plan(binding=binding, numbers=numbers, blank=frozenset(leaves.blank))
        front, back = folder / "front.pdf", folder / "back.pdf"
        with cover(plan.cover_facts()) as pdf:
            sheets = len(pdf.pages)
            _save(pdf, front)
        back.write_bytes(binding.slip or b"")
        with _joined([front, *leaves.files, *([back] if binding.slip else [])]) as pdf:
            _give_words(pdf, range(sheets, sheets + len(numbers)))
            _label(pdf, sheets, len(numbers), binding.words.labels)
            plan.write_outline(pdf, sheets)
            pdfa.finish_into(pdf, _facts(binding), into)


def _numbers(binding: DossierBinding) -> dict[PageId, int]:
    """The number of each scanned page, from 1."""
    numbers = {page: number for number, page in enumerate(binding.pages, start=1)}
    lost = [page for document in binding.dossier.documents for page in document.pages if page not in numbers]
    if lost or len(numbers) != len(binding.pages):
        raise Broken(f"dossier {binding.dossier.id}: pages not bound {lost} or bound twice")
    return numbers


# --- leaves ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaves:
    """The pages on disk, a few to a file, and the numbers of those flagged blank."""

    files: tuple[Path, ...]
    blank: tuple[int, ...]


def _leaves(binding: DossierBinding, folder: Path) -> _Leaves:
    files: list[Path] = []
    blank: list[int] = []
    pages = iter(enumerate(binding.pages, start=1))
    while group := list(islice(pages, _LEAVES_A_FILE)):
        files.append(folder / f"{len(files)}.pdf")
        with Pdf.new() as pdf:
            for number, page in group:
                reading = binding.reading(page)
                add_leaf(pdf, reading, binding.picture(reading.image))
                blank += [number] if reading.blank else []
            _save(pdf, files[-1])
    return _Leaves(files=tuple(files), blank=tuple(blank))


def _save(pdf: Pdf, path: Path) -> None:
    with path.open("wb") as file:
        pdfa.write(pdf, file)


def _joined(files: Sequence[Path]) -> Pdf:
    """All pages of ``files``, their streams still on disk: pikepdf's own page lists would copy them into memory."""
    job = Job(["pikepdf", "--empty", "--pages", *map(str, files), "--", "unwritten.pdf"])
    whole: Pdf = job.create_pdf()  # type: ignore[no-untyped-call]
    return whole


def _give_words(pdf: Pdf, leaves: range) -> None:
    """The scanned pages share one invisible font."""
    invisible = font(pdf)
    for at in leaves:
        pdf.pages[at].obj.Resources.Font = Dictionary({RESOURCE: invisible})


# --- finding one's way --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A bookmark on the scanned page ``number``."""

    number: int
    title: str
    below: tuple[_Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Which scanned pages make which paper."""

    binding: DossierBinding
    numbers: dict[PageId, int]
    blank: frozenset[int]

    def cover_facts(self) -> CoverFacts:
        loose = self._loose()
        return CoverFacts(
            dossier=self.binding.dossier,
            receipt=self.binding.receipt,
            office=self.binding.office,
            entries=tuple(Entry(title=self._title(d), pages=self._pages(d)) for d in self.binding.dossier.documents),
            loose=tuple(number for number in loose if number not in self.blank),
            blank=tuple(number for number in loose if number in self.blank),
            slip=self.binding.slip is not None,
            words=self.binding.words,
        )

    def write_outline(self, pdf: Pdf, before: int) -> None:
        """Bookmarks in page order; ``before`` pages of the cover lie in front of scanned page 1."""
        words = self.binding.words.outline
        with pdf.open_outline() as outline:
            outline.root.append(OutlineItem(words.cover, 0, "Fit"))
            outline.root.extend(_item(mark, before) for mark in self._marks())
            if self.binding.slip:
                outline.root.append(OutlineItem(words.slip, before + len(self.numbers), "Fit"))

    def _marks(self) -> list[_Mark]:
        words = self.binding.words.outline
        marks = [self._alone(number) for number in self._loose()]
        for no, document in enumerate(self.binding.dossier.documents, start=1):
            pages = self._pages(document)
            below = tuple(self._alone(number) for number in pages if number in self.blank)
            title = words.document.format(no=no, title=self._title(document))
            marks.extend(_Mark(number=number, title=title, below=below) for number in pages[:1])
        return sorted(marks, key=lambda mark: mark.number)

    def _alone(self, number: int) -> _Mark:
        words = self.binding.words.outline
        wording = words.blank if number in self.blank else words.loose
        return _Mark(number=number, title=wording.format(page=number))

    def _loose(self) -> list[int]:
        taken = {page for document in self.binding.dossier.documents for page in document.pages}
        return [number for page, number in self.numbers.items() if page not in taken]

    def _pages(self, document: Document) -> tuple[int, ...]:
        return tuple(sorted(self.numbers[page] for page in document.pages))

    def _title(self, document: Document) -> str:
        """Its name; what was merely read off a paper of no known type is quoted as such."""
        words, title = self.binding.words.contents, nfc(document.title.strip())
        if document.confirmed is None and document.guess.abstained:
            return words.read_only.format(title=title) if title else words.untitled
        return title or words.untitled


def _item(mark: _Mark, before: int) -> OutlineItem:
    item = OutlineItem(mark.title, before + mark.number - 1, "Fit")
    item.children.extend(_item(below, before) for below in mark.below)
    return item


def _label(pdf: Pdf, front: int, leaves: int, words: PageLabels) -> None:
    """Page labels: the cover apart, the scanned pages by their own numbers, the slip apart."""
    starts = {0: words.cover}
    if leaves:
        starts[front] = ""
    if len(pdf.pages) > front + leaves:
        starts[front + leaves] = words.slip
    labels = [
        (at, Dictionary(S=Name.D, P=String(word)) if word else Dictionary(S=Name.D)) for at, word in starts.items()
    ]
    pdf.Root.PageLabels = Dictionary(Nums=Array([part for label in labels for part in label]))


def _facts(binding: DossierBinding) -> pdfa.DocumentFacts:
    receipt, office = binding.receipt, binding.office
    sealed = binding.dossier.sealed
    return pdfa.DocumentFacts(
        title=f"{binding.words.title} {receipt.number}".strip(),
        at=(sealed.at if sealed else binding.dossier.opened_at).astimezone(VIETNAM),
        author=f"{office.authority} - {office.centre}",
        subject=receipt.procedure_name,
        keywords=", ".join(filter(None, (receipt.number, receipt.official_code, receipt.procedure_code))),
    )
