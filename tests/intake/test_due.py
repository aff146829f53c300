"""The day of the result: a worked table, the laws of the reckoning, and what the clerk reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import templates
from intake.calendar import WorkCalendar, parse
from intake.clock import VIETNAM
from intake.due import DueClock, OfficeHours, Span, Timeliness, reckon, timeliness
from intake.errors import BadSettings
from intake.model import Due, TimeLimit, Unit

CALENDAR = parse(templates.text("calendar.vn.toml"))
OFFICE = OfficeHours()
SAME_CLOCK = OfficeHours(due_clock=DueClock.SAME_CLOCK)
SHORT = OfficeHours(afternoon=Span(opens=time(13, 30), closes=time(17, 0)))
DAY, WORK, HOUR, SAME = Unit.CALENDAR_DAY, Unit.WORKING_DAY, Unit.HOUR, Unit.SAME_DAY


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def _reckon(received: str, amount: int | None, unit: Unit, hours: OfficeHours = OFFICE) -> Due:
    return reckon(_at(received), TimeLimit(amount=amount, unit=unit), CALENDAR, hours)


@pytest.mark.parametrize(
    ("received", "amount", "unit", "due"),
    [
        # plain weeks
        ("2026-03-02 08:00", 1, WORK, "2026-03-03 17:30"),
        ("2026-03-02 08:00", 5, WORK, "2026-03-09 17:30"),
        ("2026-03-06 16:59", 1, WORK, "2026-03-09 17:30"),
        ("2026-03-02 08:00", 10, WORK, "2026-03-16 17:30"),
        ("2026-03-02 08:00", 5, DAY, "2026-03-09 17:30"),  # 7 March is a Saturday
        ("2026-03-02 08:00", 8, DAY, "2026-03-10 17:30"),
        # 2 January off, Saturday 10 January worked for it
        ("2025-12-31 09:00", 1, WORK, "2026-01-05 17:30"),
        ("2026-01-08 09:00", 2, WORK, "2026-01-10 17:30"),
        ("2026-01-09 16:00", None, SAME, "2026-01-10 17:30"),
        # Tết Bính Ngọ, 14 to 22 February
        ("2026-02-13 09:00", 1, WORK, "2026-02-23 17:30"),
        ("2026-02-13 14:59", None, SAME, "2026-02-13 17:30"),
        ("2026-02-13 15:00", None, SAME, "2026-02-23 17:30"),
        ("2026-02-11 09:00", 3, WORK, "2026-02-23 17:30"),
        ("2026-02-10 09:00", 10, DAY, "2026-02-23 17:30"),
        ("2026-02-17 10:00", 3, WORK, "2026-02-26 17:30"),  # handed in on New Year's Day
        ("2026-02-13 16:30", 2, HOUR, "2026-02-23 08:30"),
        ("2026-02-12 10:00", 16, HOUR, "2026-02-23 10:00"),
        # Giỗ Tổ on a Sunday, 30 April, 1 May
        ("2026-04-24 09:00", 3, WORK, "2026-05-04 17:30"),
        ("2026-04-24 09:00", 2, DAY, "2026-04-28 17:30"),
        # 31 August off for Saturday 22 August, National Day
        ("2026-08-21 09:00", 1, WORK, "2026-08-22 17:30"),
        ("2026-08-21 16:00", None, SAME, "2026-08-22 17:30"),
        ("2026-08-20 09:00", 2, DAY, "2026-08-22 17:30"),
        ("2026-08-28 09:00", 1, WORK, "2026-09-03 17:30"),
        ("2026-08-21 09:00", 8, WORK, "2026-09-04 17:30"),
        ("2026-08-28 17:31", 1, WORK, "2026-09-04 17:30"),  # after closing: received on 3 September
        # the new 24 November
        ("2026-11-23 09:00", 1, WORK, "2026-11-25 17:30"),
        ("2026-11-23 15:01", None, SAME, "2026-11-25 17:30"),
        ("2026-11-20 16:10", 3, WORK, "2026-11-26 17:30"),
        ("2026-11-09 09:00", 15, DAY, "2026-11-25 17:30"),
        ("2025-11-21 09:00", 1, WORK, "2025-11-24 17:30"),
        # hours
        ("2026-11-20 07:30", 4, HOUR, "2026-11-20 11:30"),
        ("2026-11-20 07:30", 5, HOUR, "2026-11-20 14:30"),
        ("2026-11-20 12:00", 1, HOUR, "2026-11-20 14:30"),
        ("2026-11-20 09:00", 80, HOUR, "2026-12-07 09:00"),
        # outside opening hours, and zero days
        ("2026-11-21 09:00", None, SAME, "2026-11-23 17:30"),
        ("2026-11-20 06:00", None, SAME, "2026-11-20 17:30"),
        ("2026-11-20 17:30", 1, HOUR, "2026-11-23 08:30"),
        ("2026-11-20 09:00", 0, WORK, "2026-11-20 17:30"),
    ],
)
def test_worked_table(received: str, amount: int | None, unit: Unit, due: str) -> None:
    assert _reckon(received, amount, unit).at == _at(due)


def test_due_at_the_clock_of_receipt_where_the_office_promises_so() -> None:
    assert _reckon("2026-03-02 08:15", 5, WORK, SAME_CLOCK).at == _at("2026-03-09 08:15")
    assert _reckon("2026-03-02 08:15", 5, DAY, SAME_CLOCK).at == _at("2026-03-09 08:15")
    assert _reckon("2026-03-02 08:15", None, SAME, SAME_CLOCK).at == _at("2026-03-02 17:30")


def test_eight_hours_are_one_working_day_even_where_the_office_opens_seven_and_a_half() -> None:
    assert _reckon("2026-03-02 16:00", 8, HOUR, SHORT).at == _at("2026-03-03 16:00")
    assert _reckon("2026-03-02 16:00", 2, HOUR, SHORT).at == _at("2026-03-03 08:30")


def test_the_cutoff_is_the_offices_to_set() -> None:
    early = OfficeHours(cutoff=time(14, 0))
    assert _reckon("2026-03-02 14:30", None, SAME, early).at == _at("2026-03-03 17:30")


def test_a_time_in_another_zone_is_reckoned_in_vietnam() -> None:
    evening = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)  # 06:00 on Monday 2 March in Vietnam
    due = reckon(evening, TimeLimit(amount=1, unit=WORK), CALENDAR, OFFICE)
    assert due.at == _at("2026-03-03 17:30")
    assert due.at is not None
    assert due.at.tzinfo is VIETNAM


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        reckon(datetime(2026, 3, 2), TimeLimit(amount=1, unit=WORK), CALENDAR, OFFICE)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [(None, Unit.UNKNOWN, "không ghi rõ"), (None, WORK, "không ghi rõ"), (-1, DAY, "-1"), (99_999, HOUR, "99999")],
)
def test_a_limit_nobody_can_mean_is_left_to_the_clerk(amount: int | None, unit: Unit, words: str) -> None:
    due = _reckon("2026-03-02 08:00", amount, unit)
    assert due.at is None
    assert words in due.trace[-1]
    assert "Cán bộ phải tự xác định" in due.trace[-1]


@pytest.mark.parametrize(
    "hours",
    [
        {"morning": Span(opens=time(8), closes=time(10, 30))},
        {"morning": Span(opens=time(7, 30), closes=time(14))},
        {"afternoon": Span(opens=time(17), closes=time(13))},
        {"morning": Span(opens=time(0), closes=time(13))},
    ],
)
def test_impossible_office_hours_are_refused(hours: dict[str, Span]) -> None:
    with pytest.raises(BadSettings, match="Giờ làm việc"):
        OfficeHours(**hours)  # type: ignore[arg-type]


# --- the trace ---------------------------------------------------------------------------------------------


def test_the_trace_tells_every_step_with_its_law() -> None:
    assert _reckon("2026-11-20 16:10", 3, WORK).trace == (
        "Nhận hồ sơ lúc 16 giờ 10, thứ Sáu 20/11/2026.",
        "Ngày nhận thứ Sáu 20/11/2026 không tính (BLDS 2015, Điều 147.2).",
        "Bỏ qua ngày nghỉ hằng tuần: thứ Bảy 21/11/2026, Chủ nhật 22/11/2026.",
        "Bỏ qua thứ Ba 24/11/2026: Ngày Văn hóa Việt Nam (Nghị quyết 28/2026/QH16, hiệu lực 01/07/2026).",
        "Đếm đủ 3 ngày làm việc thì đến thứ Năm 26/11/2026.",
        "Hẹn trả kết quả lúc 17 giờ 30, thứ Năm 26/11/2026.",
    )


@pytest.mark.parametrize(
    ("received", "amount", "unit", "words"),
    [
        ("2026-11-21 09:00", 1, WORK, "ngày nghỉ hằng tuần, nên tính như nhận vào giờ mở cửa 7 giờ 30, thứ Hai 23/11"),
        ("2026-11-24 09:00", 1, WORK, "Lúc đó là Ngày Văn hóa Việt Nam, nên tính như nhận"),
        ("2026-11-20 18:00", 1, WORK, "đã hết giờ làm việc"),
        ("2026-11-20 07:00", 1, WORK, "chưa đến giờ làm việc"),
        ("2026-11-20 12:00", 1, WORK, "giờ nghỉ trưa"),
        ("2026-11-20 15:00", None, SAME, "từ 15 giờ 00 trở đi"),
        ("2026-11-10 09:00", 14, DAY, "thứ Ba 24/11/2026 là Ngày Văn hóa Việt Nam, nên thời hạn kéo đến hết"),
        ("2026-08-21 09:00", 3, WORK, "Có tính thứ Bảy 22/08/2026: làm bù cho thứ Hai 31/08/2026"),
        ("2026-02-13 09:00", 1, WORK, "Bỏ qua 16/02/2026 đến 20/02/2026: Tết Nguyên đán Bính Ngọ"),
        ("2026-03-02 09:00", 30, WORK, "Bỏ qua 12 ngày thứ Bảy, Chủ nhật"),
        ("2026-03-02 09:00", 20, HOUR, "20 giờ = 2 ngày làm việc và 4 giờ"),
        ("2026-12-30 09:00", 5, WORK, "Lịch nghỉ năm 2027 chưa nhập theo thông báo chính thức"),
    ],
)
def test_the_trace_says_why(received: str, amount: int | None, unit: Unit, words: str) -> None:
    assert any(words in step for step in _reckon(received, amount, unit).trace)


def test_a_year_with_its_notice_entered_gives_no_warning() -> None:
    assert not any("chưa nhập" in step for step in _reckon("2026-03-02 09:00", 30, WORK).trace)


# --- laws --------------------------------------------------------------------------------------------------

moments = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001
    max_value=datetime(2029, 12, 1),  # noqa: DTZ001
    timezones=st.just(VIETNAM),
)
offices = st.sampled_from([OFFICE, SAME_CLOCK, SHORT])
counted = st.sampled_from([WORK, DAY, HOUR])
amounts = st.integers(min_value=1, max_value=90)


def _due(moment: datetime, amount: int | None, unit: Unit, office: OfficeHours) -> datetime:
    due = reckon(moment, TimeLimit(amount=amount, unit=unit), CALENDAR, office).at
    assert due is not None
    return due


@given(moment=moments, amount=amounts, unit=st.sampled_from([WORK, DAY, HOUR, SAME]), office=offices)
def test_due_is_within_hours_of_a_worked_day_and_never_before_receipt(
    moment: datetime, amount: int, unit: Unit, office: OfficeHours
) -> None:
    due = _due(moment, amount, unit, office)
    assert CALENDAR.works(due.date())
    assert due >= moment
    assert any(span.opens <= due.time() <= span.closes for span in office.spans)


@given(moment=moments, amount=amounts, unit=counted, office=offices)
def test_a_longer_limit_is_never_due_sooner(moment: datetime, amount: int, unit: Unit, office: OfficeHours) -> None:
    assert _due(moment, amount, unit, office) <= _due(moment, amount + 1, unit, office)


@given(moment=moments, later=st.timedeltas(timedelta(), timedelta(days=9)), amount=amounts, unit=counted)
def test_a_later_receipt_is_never_due_sooner(moment: datetime, later: timedelta, amount: int, unit: Unit) -> None:
    assert _due(moment, amount, unit, OFFICE) <= _due(moment + later, amount, unit, OFFICE)


@given(moment=moments, amount=amounts)
def test_between_receipt_and_due_lie_exactly_n_worked_days(moment: datetime, amount: int) -> None:
    due = _due(moment, amount, WORK, OFFICE).date()
    counts_from = _due(moment, None, SAME, OfficeHours(cutoff=time(23, 59))).date()
    after = [counts_from + timedelta(days=n) for n in range(1, (due - counts_from).days + 1)]
    assert sum(CALENDAR.works(day) for day in after) == amount


@given(moment=moments, amount=amounts)
def test_calendar_days_end_on_the_first_worked_day_at_or_after_the_last(moment: datetime, amount: int) -> None:
    counts_from = _due(moment, None, SAME, OfficeHours(cutoff=time(23, 59))).date()
    last = counts_from + timedelta(days=amount)
    due = _due(moment, amount, DAY, OFFICE).date()
    between = [last + timedelta(days=n) for n in range((due - last).days)]
    assert due >= last
    assert not any(CALENDAR.works(day) for day in between)


# --- early, on time, overdue -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finished", "now", "verdict", "label"),
    [
        ("2026-03-04 23:59", "2026-03-09 08:00", Timeliness.EARLY, "trước hạn"),
        ("2026-03-05 00:00", "2026-03-09 08:00", Timeliness.ON_TIME, "đúng hạn"),
        ("2026-03-05 17:30", "2026-03-09 08:00", Timeliness.ON_TIME, "đúng hạn"),
        ("2026-03-05 17:31", "2026-03-09 08:00", Timeliness.OVERDUE, "quá hạn"),
        (None, "2026-03-05 17:30", Timeliness.OPEN, "đang giải quyết"),
        (None, "2026-03-05 17:31", Timeliness.OPEN_OVERDUE, "đang giải quyết quá hạn"),
    ],
)
def test_timeliness(finished: str | None, now: str, verdict: Timeliness, label: str) -> None:
    due = Due(at=_at("2026-03-05 17:30"), trace=())
    found = timeliness(due, None if finished is None else _at(finished), _at(now))
    assert found is verdict
    assert found.label == label


def test_the_day_that_matters_is_the_day_in_vietnam() -> None:
    due = Due(at=_at("2026-03-05 17:30"), trace=())
    finished = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)  # 01:00 on 5 March in Vietnam
    assert timeliness(due, finished, finished) is Timeliness.ON_TIME


def test_without_a_due_day_nothing_is_early_or_late() -> None:
    now = _at("2026-03-05 17:30")
    assert timeliness(Due(at=None, trace=()), now, now) is Timeliness.UNDATED


def test_timeliness_refuses_naive_times() -> None:
    with pytest.raises(ValueError, match="time zone"):
        timeliness(Due(at=None, trace=()), None, datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_calendar_without_any_year_still_reckons_and_says_so() -> None:
    due = reckon(_at("2026-02-13 09:00"), TimeLimit(amount=1, unit=WORK), WorkCalendar(years={}), OFFICE)
    assert due.at is not None
    assert due.at.date() == date(2026, 2, 23)
    assert "2026 chưa nhập" in due.trace[-1]
