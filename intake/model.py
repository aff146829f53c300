"""The domain: what a counter handles, as frozen values. No I/O, no clock, no chance.

Facts, not statuses: nothing here says "read" or "done"; a stage is computed from which facts exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import NewType

from ocr.text import PageText

PageId = NewType("PageId", str)
ClaimId = NewType("ClaimId", str)
BatchId = NewType("BatchId", str)
DocumentId = NewType("DocumentId", str)
DossierId = NewType("DossierId", str)
BlobId = NewType("BlobId", str)
"""SHA-256 of the bytes, 64 hexadecimal digits."""
ProcedureCode = NewType("ProcedureCode", str)
"""A code of the national procedure database, e.g. ``1.001193``."""
ReceiptNumber = NewType("ReceiptNumber", str)


# --- pages -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a page came from: the file's name as it lay in the lane, and which page of it (from 1)."""

    untrusted_name: str
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One side of one sheet, as captured. Never changes.

    ``blob`` is the original file, untouched; a page of a PDF or TIFF shares it with its neighbours.
    ``separator`` holds the dossier a separator sheet names ('' for a plain one), None for ordinary paper.
    """

    id: PageId
    batch: BatchId
    seq: int
    lane: str
    blob: BlobId
    origin: Origin
    received_at: datetime
    separator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What a recipe made of a page; ``image`` is the blob of the upright picture people see."""

    page: PageId
    recipe: str
    image: BlobId
    width: int
    height: int
    dpi: float
    skew_deg: float
    turn_deg: int
    blank: bool
    sharpness: float
    confidence: float
    seconds: float
    text: PageText
    dossier_code: str | None
    """The provincial dossier code found in a QR or bar code on the page, checked against the formats."""


class BatchKind(StrEnum):
    COUNTER = "counter"
    ARCHIVE = "archive"


class Priority(IntEnum):
    """Lower is sooner. Counter pages always overtake archive work."""

    COUNTER = 0
    ARCHIVE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One lane's pages between an open and a close."""

    id: BatchId
    kind: BatchKind
    lane: str
    priority: int
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The books of a batch: every captured page is in exactly one of the four heaps."""

    captured: int = 0
    kept: int = 0
    blank: int = 0
    set_aside: int = 0
    separators: int = 0

    @property
    def holds(self) -> bool:
        return self.captured == self.kept + self.blank + self.set_aside + self.separators


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A file or page that could not go on. Nothing of it is lost: ``blob``, or the file at ``kept_at``."""

    id: str
    lane: str
    source: str
    page: int | None
    reason: str
    """A key of ``[reason]`` in labels.vi.toml."""
    detail: str
    blob: BlobId | None
    kept_at: str | None
    batch: BatchId | None
    at: datetime


# --- the catalogue ---------------------------------------------------------------------------------


class Unit(StrEnum):
    """How a time limit is counted (DOMAIN 2.4)."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    HOUR = "hour"
    SAME_DAY = "same_day"
    """Within the day; received after 15:00, within the next working day (Luật Hộ tịch 2014, Đ5.3)."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """``amount`` of ``unit``; ``source`` names where the figure was read."""

    amount: int | None
    unit: Unit
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWay:
    """A way of filing whose time limit is not that of the counter, e.g. 'Trực tuyến'."""

    way: str
    limit: TimeLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One paper a procedure asks for. ``cues`` are ids of document types that can satisfy it."""

    key: str
    title: str
    required: bool = True
    condition: str = ""
    originals: int = 0
    copies: int = 0
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A row of the catalogue, with how far it can be trusted."""

    code: ProcedureCode
    name: str
    field: str
    limit: TimeLimit
    fee: str = ""
    components: tuple[Component, ...] = ()
    confidence: str = ""
    """VERIFIED, VERIFIED-NAME, PARTIAL, UNVERIFIED or REPEALED."""
    decision: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    """The last day on which it may be received."""
    replaced_by: tuple[ProcedureCode, ...] = ()
    audience: str = ""
    other_ways: tuple[OtherWay, ...] = ()
    laws: tuple[str, ...] = ()

    def is_in_force(self, day: date) -> bool:
        """Whether a dossier for it may be received on that day."""
        begun = self.effective_from is None or self.effective_from <= day
        ended = self.effective_to is not None and self.effective_to < day
        return begun and not ended and not self.repealed

    @property
    def repealed(self) -> bool:
        """Kept so that old dossiers resolve; never proposed."""
        return self.confidence == "REPEALED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Words that decide for one of the procedures a form serves.

    They count only in the rest of the line after ``after`` and in the line below it; anywhere if it is ''.
    """

    procedure: ProcedureCode
    words: tuple[str, ...]
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a type of paper looks like: its printed titles, phrases inside it, form codes."""

    id: str
    name: str
    titles: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    procedures: tuple[ProcedureCode, ...] = ()
    """Procedures this paper *leads* (an application form does; an attachment leads none)."""
    hints: tuple[Hint, ...] = ()
    usual: ProcedureCode | None = None
    """Proposed for a whole dossier in which nothing points to another of ``procedures``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    procedures: Mapping[ProcedureCode, Procedure]
    cues: Mapping[str, Cue]


# --- what the machine thinks, what a person decided ----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A guess that explains itself. ``cue`` and ``procedure`` are None where the machine abstains."""

    cue: str | None = None
    procedure: ProcedureCode | None = None
    component: str | None = None
    score: float = 0.0
    runner_up: str | None = None
    runner_up_score: float = 0.0
    evidence: tuple[str, ...] = ()
    """Vietnamese sentences a clerk understands."""

    @property
    def abstained(self) -> bool:
        return self.cue is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Consecutive pages that are one paper. ``guess`` and ``confirmed`` are two facts."""

    id: DocumentId
    batch: BatchId
    pages: tuple[PageId, ...]
    title: str
    guess: Classification
    confirmed: Classification | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Whom the receipt is for. Only ever typed or confirmed by a clerk; empty lines are printed as dots."""

    name: str = ""
    id_number: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    authorised: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The decision that closed a dossier: who, when, and by which act."""

    clerk: str
    at: datetime
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One citizen's papers for one procedure (None while undecided)."""

    id: DossierId
    batch: BatchId
    procedure: ProcedureCode | None
    documents: tuple[Document, ...]
    missing: tuple[str, ...]
    """Titles of required papers not found among the documents."""
    opened_at: datetime
    applicant: Applicant = field(default_factory=Applicant)
    official_code: str | None = None
    """The provincial dossier code, typed or scanned; checked, never made up."""
    sealed: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The day of the result, and how it was reckoned, a Vietnamese sentence a step."""

    at: datetime | None
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One row of 'Thành phần hồ sơ nộp gồm'."""

    title: str
    originals: int
    copies: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Frozen once numbered: everything the slip prints, so that printing again gives the same bytes."""

    number: ReceiptNumber
    seq: int
    year: int
    dossier: DossierId
    issued_at: datetime
    due: Due
    procedure_code: ProcedureCode | None
    procedure_name: str
    limit_text: str
    lines: tuple[ReceiptLine, ...]
    applicant: Applicant
    official_code: str | None
    clerk: str
    balance: Balance
    missing: tuple[str, ...] = ()
    """Titles of required papers that were not there when the clerk sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The finished papers of a sealed dossier, as blobs."""

    slip: BlobId
    pdf: BlobId


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who issues the papers: the words of the letterhead, from intake.toml."""

    authority: str
    centre: str
    place: str
    address: str = ""
    phone: str = ""
    website: str = ""
    register_book: str = ""


# --- duties --------------------------------------------------------------------------------------------


class WorkKind(StrEnum):
    ADOPT = "adopt"
    READ = "read"
    SORT = "sort"
    SEAL = "seal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A duty: it exists until the transaction that stores its result deletes it."""

    id: int
    kind: WorkKind
    subject: str
    priority: int
    attempts: int
    not_before: datetime
    lease_until: datetime | None
    fault: str | None
