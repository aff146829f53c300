"""Settings: ``intake.toml`` in the home folder, checked once, frozen, every value with where it came from.

An unknown key is an error that names the nearest valid one: a mistyped setting must not be a silent default.
Nothing is read from the environment.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from rapidfuzz import process

from intake.errors import BadSettings
from intake.labels import say
from intake.model import Office
from ocr.limits import Limits

FILE_NAME = "intake.toml"
MEGA = 1_000_000
Lane = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OfficeSection(_Section):
    """The letterhead of everything printed."""

    authority: str = "ỦY BAN NHÂN DÂN XÃ QUẢNG YÊN"
    centre: str = "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG"
    place: str = "Quảng Yên"
    address: str = ""
    phone: str = ""
    website: str = ""
    register_book: str = ""

    def office(self) -> Office:
        return Office(**self.model_dump())


class InboxSection(_Section):
    """When a file is taken from a lane, and when a lane's batch ends."""

    lanes: tuple[Lane, ...] = ("may-quet-1", "may-quet-2", "may-quet-3", "may-quet-4")
    settle_s: Seconds = 2.0
    patience_s: Seconds = 90.0
    rescan_s: Seconds = 3.0
    quiet_s: Seconds = 20.0
    polling: bool = False
    min_free_mb: int = Field(default=200, ge=0)


class LimitsSection(_Section):
    """Refused before decoding: what no scanner at this counter makes."""

    max_file_mb: int = Field(default=1024, gt=0)
    max_megapixels: int = Field(default=150, gt=0)
    max_pages: int = Field(default=5000, gt=0)


class WorkSection(_Section):
    """The readers. ``workers = 0`` takes one a processor core."""

    workers: int = Field(default=0, ge=0, le=256)
    page_timeout_s: Seconds = 180.0
    attempts: int = Field(default=3, ge=1, le=20)
    retry_after_s: Seconds = 5.0
    lease_s: Seconds = 60.0
    memory_mb: int = Field(default=3000, ge=500)
    scheduler: str = ""


class ReadingSection(_Section):
    """How pages are read. ``second_reader`` asks a second network about doubtful words (package extra ``second``)."""

    second_reader: bool = False


class ReceiptSection(_Section):
    """Numbers, paper and the working day (legal defaults: DOMAIN 2.4)."""

    series: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,8}$")] = ""
    paper: Annotated[str, StringConstraints(pattern=r"^(A4|A5)$")] = "A4"
    opens: time = time(7, 30)
    lunch_from: time = time(11, 30)
    lunch_to: time = time(13, 30)
    closes: time = time(17, 30)
    same_day_until: time = time(15, 0)
    due_at_closing: bool = True


class StoreSection(_Section):
    """Empty ``url``: SQLite in the home folder."""

    url: str = ""


class Settings(_Section):
    """All of ``intake.toml``. Relative paths are below the home folder."""

    office: OfficeSection = OfficeSection()
    inbox: InboxSection = InboxSection()
    limits: LimitsSection = LimitsSection()
    work: WorkSection = WorkSection()
    reading: ReadingSection = ReadingSection()
    receipt: ReceiptSection = ReceiptSection()
    store: StoreSection = StoreSection()
    templates: str = ""
    """A folder whose files win over the shipped templates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The station's folder and its settings."""

    root: Path
    file: Path
    settings: Settings
    given: frozenset[str]
    """Dotted names of the settings that stand in the file; all others are defaults."""

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def dossiers(self) -> Path:
        return self.root / "dossiers"

    @property
    def overlay(self) -> Path | None:
        return self.root / self.settings.templates if self.settings.templates else None

    @property
    def limits(self) -> Limits:
        """What is refused before decoding."""
        given = self.settings.limits
        return Limits(
            max_bytes=given.max_file_mb * MEGA,
            max_pixels=given.max_megapixels * MEGA,
            max_frames=given.max_pages,
        )

    @property
    def database_url(self) -> str:
        return self.settings.store.url or f"sqlite:///{self.root / 'intake.db'}"


def open_home(root: Path, file: Path | None = None) -> Home:
    """Read the settings of the home at ``root`` (``file`` instead of its own intake.toml if given).

    Creates nothing. Raises BadSettings with the file, the key and the nearest valid key or the allowed values.
    """
    source = file if file is not None else root / FILE_NAME
    if not source.is_file():
        if file is not None:
            raise BadSettings(say("settings.no_file", file=file))
        return Home(root=root.absolute(), file=source, settings=Settings(), given=frozenset())
    try:
        raw = tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(say("settings.not_toml", file=source, error=error)) from error
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise BadSettings(_explain(source, error)) from error
    return Home(root=root.absolute(), file=source, settings=settings, given=frozenset(_dotted(raw)))


def rows(home: Home) -> Iterator[tuple[str, object, bool]]:
    """Every setting as (dotted name, value, whether the file gives it), in the order of the classes."""
    for name, value in _dotted(home.settings.model_dump()).items():
        yield name, value, name in home.given


def _dotted(tree: dict[str, Any], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat.update(_dotted(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _explain(source: Path, error: ValidationError) -> str:
    """The first fault of a settings file as a sentence a clerk can act on."""
    fault = error.errors()[0]
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return say("settings.bad_value", file=source, name=name, value=fault["input"], error=fault["msg"])
    known = list(_dotted(Settings().model_dump())) + list(Settings.model_fields)
    nearest, _score, _place = process.extract(name, known, limit=1)[0]
    return say("settings.unknown", file=source, name=name, nearest=nearest)
