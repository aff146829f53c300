"""Text of made-up official papers: what a page says, before anybody has drawn it.

Words come from vocabulary.toml, nothing from a real paper. A page is a list of blocks in reading order; the same
seed writes the same page. Words of a list are dealt like cards, so that rare ones come up as often as common ones.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

VOCABULARY = Path(__file__).with_name("vocabulary.toml")
LETTERS = "abcdđeghiklmnopq"
_SLOT = re.compile(r"\{(\w+)\}")
_NATION = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
_KINDS = ("QĐ-UBND", "TB-UBND", "TTr-UBND", "BC-UBND", "KH-UBND", "GM-UBND", "CV-VP", "HD-TTPV", "BB-HĐ", "CT-UBND")
_BODY_CHARACTERS = 1900


class Style(Enum):
    """How a block stands on the page."""

    BODY = "body"
    ITALIC = "italic"
    HEADING = "heading"
    TITLE = "title"
    ABOUT = "about"
    PAGE_NUMBER = "page number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text; ``lead`` of it (a count of characters from the start) is bold."""

    text: str
    style: Style = Style.BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Two columns side by side, each centred: the head or the foot of an official paper. The left is read first."""

    left: tuple[Paragraph, ...]
    right: tuple[Paragraph, ...]
    signed: bool = False


Block = Paragraph | Columns


class Writer:
    """Fills the sentences of the vocabulary by one random sequence."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._decks: dict[str, list[str]] = {}
        self._sums = {
            "person": self._person, "date": self._date, "hour": self._hour, "place": self._place,
            "address": self._address, "money": lambda: f"{dotted(self._money())} đồng",
            "money_both": self._money_both, "code": self._code, "citizen": self._citizen, "phone": self._phone,
            "sign": self._sign, "number": lambda: dotted(self._rng.randint(12, 9800)),
            "small": lambda: str(self._rng.randint(2, 48)), "honour": lambda: self._rng.choice(("ông", "bà")),
            "area": lambda: f"{self._decimal(1, 90)} ha", "square": lambda: f"{self._decimal(300, 2400)} mét vuông",
            "percent": lambda: f"{self._decimal(10, 999)}%", "hamlet_name": self._hamlet,
            "place_name": lambda: f"“{self._place()}”", "street_name": lambda: self.deal("street"),
        }  # fmt: skip

    def deal(self, deck: str) -> str:
        """The next entry of a list, each once before any comes again."""
        if not self._decks.get(deck):
            self._decks[deck] = self._rng.sample(_lists()[deck], len(_lists()[deck]))
        return self._decks[deck].pop()

    def fill(self, sentence: str) -> str:
        return _SLOT.sub(lambda found: self._slot(found[1]), sentence)

    def _slot(self, name: str) -> str:
        low = name.lower()
        text = self._sums[low]() if low in self._sums else self.deal(low)
        return text if name == low else text[0].upper() + text[1:]

    def _person(self) -> str:
        return " ".join(self.deal(part) for part in ("surname", "middle", "given"))

    def _place(self) -> str:
        return f"{self.deal('place_first')} {self.deal('place_second')}"

    def _hamlet(self) -> str:
        return f"{self._rng.choice(('thôn', 'ấp', 'bản', 'tổ dân phố', 'xóm'))} {self.deal('hamlet')}"

    def _address(self) -> str:
        house = f"số {self._rng.randint(1, 420)} đường {self.deal('street')}, " if self._rng.random() < 0.4 else ""
        return f"{house}{self._hamlet()}, {self._rng.choice(('xã', 'phường'))} {self._place()}"

    def _date(self) -> str:
        day, month, year = self._rng.randint(1, 28), self._rng.randint(1, 12), self._rng.randint(1958, 2026)
        return self._rng.choice((f"{day:02}/{month:02}/{year}", long_date(day, month, year)))

    def _hour(self) -> str:
        return f"{self._rng.randint(7, 16)} giờ {self._rng.choice((5, 10, 15, 30, 45))} phút"

    def _money(self) -> int:
        return self._rng.randint(11, 999) * self._rng.choice((1_000, 10_000, 50_000, 1_000_000))

    def _money_both(self) -> str:
        amount = self._money()
        words = amount_in_words(amount)
        return f"{dotted(amount)} đồng (bằng chữ: {words[0].upper()}{words[1:]} đồng)"

    def _decimal(self, low: int, high: int) -> str:
        return f"{self._rng.randint(low, high) / 10:.1f}".replace(".", ",")

    def _code(self) -> str:
        day = f"{self._rng.randint(20, 26)}{self._rng.randint(1, 12):02}{self._rng.randint(1, 28):02}"
        return f"H{self._rng.randint(10, 63)}.{self._rng.randint(1, 99)}-{day}-{self._rng.randint(1, 9999):04}"

    def _citizen(self) -> str:
        return f"0{self._rng.randint(10, 96)}{self._rng.choice('0123')}{self._rng.randint(0, 99_999_999):08}"

    def _phone(self) -> str:
        return f"09{self._rng.randint(10, 99)} {self._rng.randint(0, 999):03} {self._rng.randint(0, 999):03}"

    def _sign(self) -> str:
        return f"{self._rng.randint(2, 980)}/{self._rng.choice(_KINDS)}"


# --- one page --------------------------------------------------------------------------------------------------


def page_of_text(seed: int) -> tuple[Block, ...]:
    """A page of about 2,000 characters: a first page with its head, an inner page, or a short paper with its foot."""
    rng = random.Random(f"text {seed}")
    writer = Writer(rng)
    first, last = ((True, True), (True, False), (False, False), (False, True))[seed % 4]
    opening = (_head(writer, rng), *_titles(writer, rng)) if first else (_page_number(rng),)
    closing = (_foot(writer),) if last else ()
    room = _BODY_CHARACTERS - sum(_characters(block) for block in (*opening, *closing))
    return (*opening, *_articles(writer, rng, room), *closing)


def _page_number(rng: random.Random) -> Paragraph:
    return Paragraph(text=str(rng.randint(2, 28)), style=Style.PAGE_NUMBER)


def _head(writer: Writer, rng: random.Random) -> Columns:
    """Agency, its number; the state's name, motto, place and date (NĐ 30/2020/NĐ-CP, annex I)."""
    place = writer.fill("{place}")
    below = rng.choice((("ỦY BAN NHÂN DÂN", f"XÃ {place.upper()}"), (f"UBND XÃ {place.upper()}", "PHÒNG KINH TẾ")))
    day = long_date(rng.randint(1, 28), rng.randint(1, 12), 2026)
    return Columns(
        left=(*_bold(*below), Paragraph(text=writer.fill("Số: {sign}"))),
        right=(*_bold(*_NATION), Paragraph(text=f"{place}, ngày {day}", style=Style.ITALIC)),
    )


def _titles(writer: Writer, rng: random.Random) -> Iterator[Paragraph]:
    yield Paragraph(text=writer.deal("title"), style=Style.TITLE)
    yield Paragraph(text=writer.fill(writer.deal("about")), style=Style.ABOUT)
    for _ in range(rng.randint(1, 3)):
        yield Paragraph(text=writer.fill(writer.deal("basis")), style=Style.ITALIC)


def _articles(writer: Writer, rng: random.Random, room: int) -> Iterator[Paragraph]:
    article = rng.randint(1, 20)
    while room > 0:
        for paragraph in _article(writer, rng, article):
            if room <= 0:
                return
            room -= len(paragraph.text)
            yield paragraph
        article += 1


def _article(writer: Writer, rng: random.Random, number: int) -> Iterator[Paragraph]:
    if rng.random() < 0.2:
        roman = ("I", "II", "III", "IV", "V", "VI")[number % 6]
        yield Paragraph(text=f"{roman}. {writer.deal('chapter')}", style=Style.HEADING)
    yield Paragraph(text=f"Điều {number}. {writer.fill(writer.deal('heading'))}", style=Style.HEADING)
    for clause in range(1, rng.randint(2, 4)):
        yield Paragraph(text=f"{clause}. {writer.fill(writer.deal('clause'))}")
    if rng.random() < 0.7:
        yield Paragraph(text=writer.fill("{Role} có trách nhiệm thực hiện những việc sau đây:"))
        for letter in LETTERS[: rng.randint(3, 6)]:
            yield Paragraph(text=f"{letter}) {writer.fill(writer.deal('duty'))}")


def _foot(writer: Writer) -> Columns:
    receivers = ["Nơi nhận:", *(f"- {writer.fill('{Body}')};" for _ in range(3)), "- Lưu: VT."]
    left = (Paragraph(text=text, style=Style.ITALIC if n == 0 else Style.BODY) for n, text in enumerate(receivers))
    return Columns(
        left=tuple(left), right=_bold("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", writer.fill("{person}")), signed=True
    )


def _bold(*lines: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text=line, style=Style.HEADING) for line in lines)


def _characters(block: Block) -> int:
    if isinstance(block, Paragraph):
        return len(block.text)
    return sum(len(line.text) for line in (*block.left, *block.right))


@cache
def _lists() -> dict[str, list[str]]:
    tables = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))
    entries = ((name, value) for table in tables.values() for name, value in table.items())
    return {name: value.split(", ") if isinstance(value, str) else value for name, value in entries}


# --- numbers ---------------------------------------------------------------------------------------------------


def dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def long_date(day: int, month: int, year: int) -> str:
    """As official papers write it: a zero before days below ten and the first two months only."""
    return f"{day:02} tháng {month:02} năm {year}" if month <= 2 else f"{day:02} tháng {month} năm {year}"


_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def amount_in_words(amount: int) -> str:
    """A positive amount below one thousand milliard, as it is read aloud."""
    groups = [(amount // 1000**power % 1000, name) for power, name in ((3, "tỷ"), (2, "triệu"), (1, "nghìn"), (0, ""))]
    said: list[str] = []
    for value, name in groups:
        if value:
            said += [_below_thousand(value, full=bool(said)), name]
    return " ".join(word for word in said if word)


def _below_thousand(value: int, *, full: bool) -> str:
    """Three digits; ``full`` says the hundreds even when there are none, as after a higher group."""
    hundreds, tens, units = value // 100, value // 10 % 10, value % 10
    said = [_DIGITS[hundreds], "trăm"] if hundreds or full else []
    if tens > 1:
        said += [_DIGITS[tens], "mươi"]
    elif tens == 1:
        said += ["mười"]
    elif units and said:
        said += ["linh"]
    if units:
        said += [{1: "mốt"}.get(units, _unit(units, tens)) if tens > 1 else _unit(units, tens)]
    return " ".join(said)


def _unit(units: int, tens: int) -> str:
    return "lăm" if units == 5 and tens else _DIGITS[units]
