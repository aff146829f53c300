"""Which days count: the shipped file, the fallback, and what a mistyped file is answered with."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest

import templates
from intake.calendar import DayKind, WorkCalendar, parse
from intake.errors import BadSettings

SHIPPED = parse(templates.text("calendar.vn.toml"))
EMPTY = WorkCalendar(years={})
ROW = '{ day = 2026-09-02, kind = "holiday", name = "Quốc khánh", source = "BLLĐ" }'


def _file(*rows: str, year: int = 2026) -> str:
    return f'[[year]]\nyear = {year}\nnotice = "TB"\nrows = [{", ".join(rows)}]\n'


def _days_off(year: int) -> set[date]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return {day for day in days if day.year == year and day.weekday() < 5 and not SHIPPED.works(day)}


def test_the_weekdays_off_of_2026_are_those_the_ministry_announced() -> None:
    tet = {date(2026, 2, day) for day in range(16, 21)}
    spring = {date(2026, 1, 1), date(2026, 1, 2), date(2026, 4, 27), date(2026, 4, 30), date(2026, 5, 1)}
    autumn = {date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 24)}
    assert _days_off(2026) == tet | spring | autumn


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_the_shipped_file_agrees_with_the_holidays_library_but_for_the_swap_the_library_lacks(year: int) -> None:
    known = {day for day in holidays.country_holidays("VN", years=year) if day.year == year and day.weekday() < 5}
    assert _days_off(year) - known == ({date(2026, 1, 2)} if year == 2026 else set())
    assert known <= _days_off(year)


def test_make_up_saturdays_are_worked_and_other_saturdays_are_not() -> None:
    worked = [date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)]
    assert all(SHIPPED.works(day) for day in worked)
    assert not any(SHIPPED.works(day + timedelta(days=7)) for day in worked)


def test_culture_day_is_a_holiday_from_2026_on_and_not_before() -> None:
    assert SHIPPED.works(date(2025, 11, 24))
    assert not any(SHIPPED.works(day) for day in (date(2026, 11, 24), date(2027, 11, 24), date(2028, 11, 24)))


def test_every_shipped_row_names_its_source() -> None:
    assert all(day.source and day.name for year in SHIPPED.years.values() for day in year.days.values())


def test_a_year_without_a_notice_is_not_official() -> None:
    assert [SHIPPED.official(year) for year in (2025, 2026, 2027, 2031)] == [True, True, False, False]


def test_a_year_not_in_the_file_falls_back_on_the_library() -> None:
    tet_2028 = date(2028, 1, 26)
    special = EMPTY.special(tet_2028)
    assert special is not None
    assert special.kind is DayKind.HOLIDAY
    assert not EMPTY.works(tet_2028)


def test_next_working_day_after_the_tet_break_is_the_monday() -> None:
    assert SHIPPED.next_working(date(2026, 2, 14)) == date(2026, 2, 23)
    assert SHIPPED.next_working(date(2026, 2, 23)) == date(2026, 2, 23)


def test_a_range_covers_both_its_ends() -> None:
    text = _file('{ day = 2026-03-02, until = 2026-03-04, kind = "in_lieu", name = "n", source = "s" }')
    days = parse(text).years[2026].days
    assert sorted(days) == [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[year]", "không đọc được"),
        (_file(ROW, ROW), "ngày 2026-09-02 được ghi hai lần"),
        (_file(ROW) + _file(), "năm 2026 được ghi hai lần"),
        (_file(ROW, year=2025), "không thuộc năm 2025"),
        (_file(ROW.replace("kind", "until = 2026-09-01, kind")), "kết thúc trước"),
        (_file(ROW.replace("holiday", "makeup")), "phải là thứ Bảy hoặc Chủ nhật"),
        (_file(ROW.replace("BLLĐ", " ")), "thiếu tên hoặc căn cứ"),
        (_file(ROW.replace(', source = "BLLĐ"', "")), "thiếu mục 'source' ở năm thứ 1, dòng 1"),
        (_file(ROW.replace("kind", "kinds")), "'kinds' ở năm thứ 1, dòng 1. Có phải ý là 'kind'"),
        (_file(ROW, ROW.replace("2026-09-02", '"31/8"')), "'day' ở năm thứ 1, dòng 2 có giá trị không dùng được: 31/8"),
        (_file(ROW.replace("holiday", "holyday")), "holyday"),
        ("yaer = 3", "'yaer' ở đầu tệp. Có phải ý là 'year'"),
    ],
)
def test_a_mistake_in_the_file_is_named_in_vietnamese(text: str, words: str) -> None:
    with pytest.raises(BadSettings) as caught:
        parse(text)
    assert words in str(caught.value)
