"""When a result is due and why, and whether it came early, on time or late. Pure.

The rules and their sources (DOMAIN 2.4-2.6): the day of receipt is not counted (Bộ luật Dân sự 2015,
Đ147.2), hours run from the moment itself (Đ147.1), a last day that is a day off moves to the end of the next
working day (Đ148.5), "same day" received from 15:00 on means the next working day (Luật Hộ tịch 2014, Đ5.3),
8 working hours are 1 working day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from intake.calendar import DayKind, WorkCalendar
from intake.clock import VIETNAM
from intake.errors import BadSettings
from intake.labels import say
from intake.model import Due, TimeLimit, Unit

HOURS_A_DAY = 8
"""Working hours that count as one working day, whatever the office's own opening hours."""
LONGEST_DAYS = 3660
"""A limit above ten years is a slip of the keyboard: nothing is reckoned from it."""

_FEW = 4
"""Days off named one by one in a sentence; more are only counted."""
_ONE_DAY = timedelta(days=1)


def _day(day: date) -> str:
    return say("format.day", weekday=say(f"week.day{day.isoweekday()}"), date=day)


def _clock(at: time) -> str:
    return say("format.clock", hour=at.hour, minute=at.minute)


# --- office hours ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of opening hours on one day; ``opens`` < ``closes``, local time."""

    opens: time
    closes: time


class DueClock(StrEnum):
    """At which clock time of the last day a result in days is due."""

    CLOSE = "close"
    SAME_CLOCK = "same_clock"
    """The time of receipt: a promise stricter than the law, which gives the whole day (BLDS 2015, Đ148.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """When the counter is open on a worked day, and the hour after which "today" means tomorrow.

    Raises :class:`BadSettings` unless the spans follow each other and make 7 to 12 hours: with a shorter day a
    limit of 7 hours would end later than one of 8 hours, which is 1 working day by law.
    """

    morning: Span = Span(opens=time(7, 30), closes=time(11, 30))
    afternoon: Span = Span(opens=time(13, 30), closes=time(17, 30))
    cutoff: time = time(15, 0)
    due_clock: DueClock = DueClock.CLOSE

    def __post_init__(self) -> None:
        edges = [self.morning.opens, self.morning.closes, self.afternoon.opens, self.afternoon.closes]
        length = sum((_between(span.opens, span.closes) for span in self.spans), timedelta())
        if sorted(set(edges)) != edges or not timedelta(hours=7) <= length <= timedelta(hours=12):
            raise BadSettings(say("calendar.office_hours", edges=" - ".join(_clock(edge) for edge in edges)))

    @property
    def spans(self) -> tuple[Span, Span]:
        return (self.morning, self.afternoon)


def _between(first: time, last: time) -> timedelta:
    return datetime.combine(date.min, last) - datetime.combine(date.min, first)


# --- reckoning ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    calendar: WorkCalendar
    hours: OfficeHours

    def last_moment(self, day: date, clock: time) -> datetime:
        """When a result due on ``day`` is due, the receipt having come at ``clock``."""
        same = self.hours.due_clock is DueClock.SAME_CLOCK
        return _at(day, clock if same else self.hours.afternoon.closes)

    def name_off(self, day: date) -> str:
        special = self.calendar.special(day)
        return special.name if special else say("why.weekend")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Where a rule arrived, and the sentences that lead there."""

    at: datetime
    said: tuple[str, ...]


def reckon(received: datetime, limit: TimeLimit, calendar: WorkCalendar, hours: OfficeHours) -> Due:
    """When the result of a dossier received at ``received`` is due, and why, a Vietnamese sentence a step.

    ``received`` must be aware; the answer is in :data:`VIETNAM`, on a worked day, never before the receipt. A
    limit that is unknown or cannot be meant gives ``at=None``: the clerk sets it. Zero days is the same day.
    A receipt outside opening hours counts as one at the next opening. Raises ValueError for a naive time.
    """
    if received.tzinfo is None:
        raise ValueError("received needs a time zone")
    moment = received.astimezone(VIETNAM)
    opening = say("trace.received", clock=_clock(moment.time()), day=_day(moment.date()))
    if refusal := _refusal(limit):
        return Due(at=None, trace=(opening, refusal))
    rules = _Rules(calendar=calendar, hours=hours)
    start = _start(moment, rules)
    end = _end(start.at, limit, rules)
    due = say("trace.due", clock=_clock(end.at.time()), day=_day(end.at.date()))
    unsure = [year for year in range(moment.year, end.at.year + 1) if not calendar.official(year)]
    warnings = (say("trace.no_notice", year=year) for year in unsure)
    return Due(at=end.at, trace=(opening, *start.said, *end.said, due, *warnings))


def _refusal(limit: TimeLimit) -> str | None:
    """Why nothing can be reckoned from ``limit``; None where something can."""
    if limit.unit is Unit.SAME_DAY:
        return None
    if limit.unit is Unit.UNKNOWN or limit.amount is None:
        return say("trace.unknown")
    longest = LONGEST_DAYS * (HOURS_A_DAY if limit.unit is Unit.HOUR else 1)
    return None if 0 <= limit.amount <= longest else say("trace.implausible", amount=limit.amount)


def _start(moment: datetime, rules: _Rules) -> _Step:
    """The moment the receipt counts from: itself within opening hours, else the next opening."""
    day, clock, hours = moment.date(), moment.time(), rules.hours
    if not rules.calendar.works(day):
        return _moved(day, say("why.day_off", name=rules.name_off(day)), rules)
    if clock > hours.afternoon.closes:
        return _moved(day + _ONE_DAY, say("why.late"), rules)
    if clock < hours.morning.opens:
        return _moved(day, say("why.early"), rules)
    if hours.morning.closes < clock < hours.afternoon.opens:
        said = say("trace.moved_lunch", clock=_clock(hours.afternoon.opens), day=_day(day))
        return _Step(at=_at(day, hours.afternoon.opens), said=(said,))
    return _Step(at=moment, said=())


def _moved(day: date, why: str, rules: _Rules) -> _Step:
    at = _at(rules.calendar.next_working(day), rules.hours.morning.opens)
    return _Step(at=at, said=(say("trace.moved", why=why, clock=_clock(at.time()), day=_day(at.date())),))


def _end(start: datetime, limit: TimeLimit, rules: _Rules) -> _Step:
    amount = limit.amount or 0
    if limit.unit is Unit.SAME_DAY or amount == 0:
        return _same_day(start, rules)
    if limit.unit is Unit.HOUR:
        return _hours(start, amount, rules)
    if limit.unit is Unit.WORKING_DAY:
        return _working_days(start, amount, rules)
    return _calendar_days(start, amount, rules)


def _same_day(start: datetime, rules: _Rules) -> _Step:
    """Always due at closing time: "within the day" has no clock of its own."""
    cutoff, closes = _clock(rules.hours.cutoff), rules.hours.afternoon.closes
    if start.time() < rules.hours.cutoff:
        said = say("trace.same_day_before", cutoff=cutoff, day=_day(start.date()))
        return _Step(at=_at(start.date(), closes), said=(said,))
    day, skipped = _count(start.date(), 1, rules)
    said = say("trace.same_day_after", cutoff=cutoff)
    return _Step(at=_at(day, closes), said=(said, *skipped))


def _working_days(start: datetime, amount: int, rules: _Rules) -> _Step:
    day, skipped = _count(start.date(), amount, rules)
    first = say("trace.first_day", day=_day(start.date()))
    last = say("trace.working_end", amount=amount, day=_day(day))
    return _Step(at=rules.last_moment(day, start.time()), said=(first, *skipped, last))


def _calendar_days(start: datetime, amount: int, rules: _Rules) -> _Step:
    day = start.date() + amount * _ONE_DAY
    said = [
        say("trace.first_day", day=_day(start.date())),
        say("trace.calendar_end", amount=amount, day=_day(day)),
    ]
    working = rules.calendar.next_working(day)
    if working != day:
        said.append(say("trace.rolled", day=_day(day), name=rules.name_off(day), next=_day(working)))
    return _Step(at=rules.last_moment(working, start.time()), said=tuple(said))


def _hours(start: datetime, amount: int, rules: _Rules) -> _Step:
    days, rest = divmod(amount, HOURS_A_DAY)
    said = [say("trace.hours_start")]
    if days:
        said.append(say("trace.hours_as_days", amount=amount, days=days, rest=rest))
    day, skipped = _count(start.date(), days, rules)
    at, walked = _walk(_at(day, start.time()), timedelta(hours=rest), rules)
    return _Step(at=at, said=(*said, *skipped, *walked))


def _walk(at: datetime, left: timedelta, rules: _Rules) -> tuple[datetime, tuple[str, ...]]:
    """``left`` of opening time after ``at``, over lunch, nights and days off."""
    said: tuple[str, ...] = ()
    while left:
        for span in rules.hours.spans:
            begin = max(at, _at(at.date(), span.opens))
            room = max(_at(at.date(), span.closes) - begin, timedelta())
            if left <= room:
                return begin + left, said
            left -= room
        day, skipped = _count(at.date(), 1, rules)
        at, said = _at(day, rules.hours.morning.opens), (*said, *skipped)
    return at, said


def _count(day: date, amount: int, rules: _Rules) -> tuple[date, tuple[str, ...]]:
    """The ``amount``-th worked day after ``day``, and which days on the way were skipped, or worked though weekend."""
    passed: list[date] = []
    while amount:
        day += _ONE_DAY
        passed.append(day)
        amount -= rules.calendar.works(day)
    return day, tuple(_account(passed, rules.calendar))


def _account(passed: Iterable[date], calendar: WorkCalendar) -> Iterator[str]:
    """One sentence for the plain weekends among ``passed`` and one for each run of special days."""
    weekends: list[date] = []
    runs: dict[tuple[DayKind, str, str], list[date]] = {}
    for day in passed:
        if special := calendar.special(day):
            runs.setdefault((special.kind, special.name, special.source), []).append(day)
        elif not calendar.works(day):
            weekends.append(day)
    if len(weekends) > _FEW:
        yield say("trace.weekend_many", count=len(weekends), first=_day(weekends[0]), last=_day(weekends[-1]))
    elif weekends:
        yield say("trace.weekend", days=", ".join(_day(day) for day in weekends))
    for (kind, name, source), days in runs.items():
        run = _day(days[0]) if len(days) == 1 else say("format.run", first=days[0], last=days[-1])
        key = "trace.makeup" if kind is DayKind.MAKEUP else "trace.skipped"
        yield say(key, day=run, days=run, name=name, source=source)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=VIETNAM)


# --- early, on time, overdue -------------------------------------------------------------------------------


class Timeliness(StrEnum):
    """How a dossier stands against its day; the first three exclude each other and make up every finished one."""

    EARLY = "early"
    ON_TIME = "on_time"
    OVERDUE = "overdue"
    OPEN = "open"
    OPEN_OVERDUE = "open_overdue"
    UNDATED = "undated"
    """No due day was ever set: neither early nor late can be said."""

    @property
    def label(self) -> str:
        """The word on the phiếu kiểm soát: 'trước hạn', 'đúng hạn', 'quá hạn'..."""
        return say(f"timeliness.{self.value}")


def timeliness(due: Due, finished: datetime | None, now: datetime) -> Timeliness:
    """Finished before the due *day* is early, on it up to the due time on time, later overdue (DOMAIN 2.6).

    Paused time is no part of this: a pause gives a new due day first. Raises ValueError for naive times.
    """
    done = finished or now
    if done.tzinfo is None or now.tzinfo is None:
        raise ValueError("finished and now need a time zone")
    if due.at is None:
        return Timeliness.UNDATED
    if finished is None:
        return Timeliness.OPEN_OVERDUE if now > due.at else Timeliness.OPEN
    if finished > due.at:
        return Timeliness.OVERDUE
    early = finished.astimezone(VIETNAM).date() < due.at.astimezone(VIETNAM).date()
    return Timeliness.EARLY if early else Timeliness.ON_TIME
