"""Which days deadlines count: weekends, holidays, days in lieu and make-up days of each year. Pure.

They come from a file the office edits, ``templates/calendar.vn.toml``, because the government announces them
anew each year (Bộ luật Lao động 2019, Đ111-112; DOMAIN 2.5). What is reckoned with them is in :mod:`intake.due`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import NoReturn

import holidays
from pydantic import BaseModel, ConfigDict, ValidationError

from intake.errors import BadSettings
from intake.labels import say

CULTURE_DAY_SINCE = 2026
"""24 November is a holiday from this year on (Nghị quyết 28/2026/QH16)."""

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


# --- the calendar ------------------------------------------------------------------------------------------


class DayKind(StrEnum):
    HOLIDAY = "holiday"
    IN_LIEU = "in_lieu"
    """Off in place of a holiday that fell on a weekend, or swapped for a make-up day."""
    MAKEUP = "makeup"
    """A Saturday or Sunday that is worked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """A day that is not what its weekday says; ``source`` is the law or notice behind the row."""

    day: date
    kind: DayKind
    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """``notice`` names the official announcement of the year; '' while it has not been entered."""

    year: int
    notice: str
    days: Mapping[date, SpecialDay]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """The days deadlines count. A year without a row in the file is taken from the ``holidays`` library."""

    years: Mapping[int, CalendarYear]

    def year(self, year: int) -> CalendarYear:
        return self.years.get(year) or _from_library(year)

    def special(self, day: date) -> SpecialDay | None:
        return self.year(day.year).days.get(day)

    def works(self, day: date) -> bool:
        """Whether deadlines count ``day``: Monday to Friday and make-up days, less holidays and days in lieu."""
        special = self.special(day)
        return day.weekday() < _SATURDAY if special is None else special.kind is DayKind.MAKEUP

    def official(self, year: int) -> bool:
        """Whether the year's announced calendar has been entered."""
        return bool(self.year(year).notice)

    def next_working(self, day: date) -> date:
        """``day`` itself if it is worked, else the first worked day after it."""
        while not self.works(day):
            day += _ONE_DAY
        return day


@cache
def _from_library(year: int) -> CalendarYear:
    """A year nobody has entered: computed holidays, and 24 November even where the library is too old for it."""
    known = holidays.country_holidays("VN", years=year, language="vi")
    source = say("library.source")
    days = {
        day: SpecialDay(day=day, kind=DayKind.HOLIDAY, name=name, source=source)
        for day, name in known.items()
        if day.year == year
    }
    culture = date(year, 11, 24)
    if year >= CULTURE_DAY_SINCE:
        name, law = say("library.culture_day"), say("library.culture_source")
        days[culture] = SpecialDay(day=culture, kind=DayKind.HOLIDAY, name=name, source=law)
    return CalendarYear(year=year, notice="", days=days)


# --- the file ----------------------------------------------------------------------------------------------


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date
    kind: DayKind
    name: str
    source: str
    until: date | None = None


class _Year(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    year: int
    notice: str
    rows: tuple[_Row, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    year: tuple[_Year, ...] = ()


_KEYS = sorted({*_File.model_fields, *_Year.model_fields, *_Row.model_fields})


def parse(text: str) -> WorkCalendar:
    """The calendar written in ``text`` (the layout is explained at the top of ``calendar.vn.toml``).

    Raises :class:`BadSettings` with a Vietnamese sentence naming the row: bad TOML, unknown or missing key, a
    day entered twice or outside its year, a range that runs backwards, a make-up day in mid-week, no source.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(say("calendar.toml", detail=error)) from error
    except ValidationError as error:
        _refuse(error)
    years: dict[int, CalendarYear] = {}
    for year in file.year:
        if year.year in years:
            raise BadSettings(say("calendar.year_twice", year=year.year))
        years[year.year] = _checked(year)
    return WorkCalendar(years=years)


def _refuse(error: ValidationError) -> NoReturn:
    """Say the first fault in words (pydantic's own are English), a mistyped key before the one it leaves missing."""
    fault = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    numbers = [part + 1 for part in fault["loc"] if isinstance(part, int)]
    names = [part for part in fault["loc"] if isinstance(part, str)]
    where = ("where_file", "where_year", "where_row")[min(len(numbers), 2)]
    facts = dict(zip(("year", "row"), numbers, strict=False))
    said = {"key": names[-1] if names else "", "where": say(f"calendar.{where}", **facts)}
    if fault["type"] == "missing":
        raise BadSettings(say("calendar.missing", **said)) from error
    if fault["type"] == "extra_forbidden":
        nearest = (difflib.get_close_matches(said["key"], _KEYS, n=1, cutoff=0.0) or [""])[0]
        raise BadSettings(say("calendar.unknown_key", nearest=nearest, **said)) from error
    raise BadSettings(say("calendar.value", value=fault["input"], **said)) from error


def _checked(year: _Year) -> CalendarYear:
    days: dict[date, SpecialDay] = {}
    for row in year.rows:
        for special in _spread(row):
            if special.day in days:
                raise BadSettings(say("calendar.day_twice", day=special.day))
            if special.day.year != year.year:
                raise BadSettings(say("calendar.wrong_year", day=special.day, year=year.year))
            days[special.day] = special
    return CalendarYear(year=year.year, notice=year.notice.strip(), days=days)


def _spread(row: _Row) -> Iterator[SpecialDay]:
    """One special day for each day of the row's range, after the checks a row can be held to alone."""
    last = row.until or row.day
    if last < row.day:
        raise BadSettings(say("calendar.backwards", day=row.day))
    if not (row.name.strip() and row.source.strip()):
        raise BadSettings(say("calendar.no_source", day=row.day))
    for offset in range((last - row.day).days + 1):
        day = row.day + offset * _ONE_DAY
        if row.kind is DayKind.MAKEUP and day.weekday() < _SATURDAY:
            raise BadSettings(say("calendar.makeup_weekday", day=day))
        yield SpecialDay(day=day, kind=row.kind, name=row.name, source=row.source)
