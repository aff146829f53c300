"""Where a page says what it is: title-like lines, how they stand out, and how near they come to a known title.

Pure. Everything is compared folded (no marks, no case), because OCR loses marks first; marks then break ties.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from ocr.text import Box, Line, PageText, fold, nfc

MAX_ROWS = 5
"""Printed titles break over at most this many lines."""
TOP_SHARE = 0.62
"""Titles stand in this upper part of the printed area."""

_WORD = re.compile(r"[^\W_]+")
_STATE = (
    "conghoaxahoichunghiavietnam",
    "doclaptudohanhphuc",
    "socialistrepublicofvietnam",
    "independencefreedomhappiness",
)
_AGENCY = re.compile(
    r"^([uủ][yỷ] ban|ubnd|hội đồng|hdnd|hđnd|bộ (?!luật|câu)|sở (?!hữu|trợ)|công an|chủ tịch|phòng (?!đại|chống)"
    r"|trường |t(òa|oà) án|trung tâm|đảng |văn phòng|chính phủ|thủ tướng|quốc hội|cục |tổng cục|chi cục"
    r"|ban (quản|chỉ|chấp|giám|dân)|đoàn |thành phố|tỉnh |huyện |xã (?!hội)|phường |bệnh viện|trạm |cơ quan|đơn vị"
    r"|ngân hàng|công ty|kính gửi|số( \d|$)|ngày |phụ lục|mẫu (số )?\w{1,6}$)"
)
_LISTED = re.compile(r"^\s*(?:\d{1,2}(?:\.\d{1,2})*\s*[.)/\-–]|[a-zđ]\)|[-+*•–—]|[ivxIVX]{1,4}[.)])\s*\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One printed line of a page with what makes it look like a title. Lengths in pixels."""

    text: str
    words: tuple[str, ...]
    """Folded."""
    marked: tuple[str, ...]
    """The same words with their marks, casefolded NFC."""
    top: int
    bottom: int
    height: float
    capitals: float
    """Share of the letters that are capitals, 0 to 1."""
    centred: float
    """1 where the line's middle is the middle of the printed area, 0 a quarter of its width away."""
    middle: float
    """Where its middle stands: 0 at the left of the printed area, 1 at its right."""
    width: float
    """Share of the printed area's width."""
    depth: float
    """Where it stands: 0 at the top of the printed area, 1 at its bottom."""
    header: bool
    """The name of the state, its motto, or an agency: never a title."""
    state: bool
    """The name of the state or its motto."""
    listed: bool
    """Begins with a number, a letter and a bracket, or a dash: an item of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Adjacent rows read as one heading. ``rows`` are indices into the page's rows."""

    rows: tuple[int, ...]
    text: str
    words: tuple[str, ...]
    marked: tuple[str, ...]
    prominence: float
    """0 to 1: capitals, size, place, standing in the middle."""
    goes_on: bool
    """A further heading-like row follows or precedes directly, so the printed title may be longer."""

    subtitled: bool
    """A line in small letters stands under it in the middle; what a bare 'ĐƠN ĐỀ NGHỊ' asks for stands there."""

    @property
    def compact(self) -> str:
        return "".join(self.words)


def rows(text: PageText) -> tuple[Row, ...]:
    """The lines of a page that hold words, top to bottom."""
    lines = [line for line in text.lines if _WORD.search(line.text)]
    if not lines:
        return ()
    area = Box.around(line.box for line in lines)
    made = [_row(line, area) for line in lines]
    return tuple(sorted(made, key=lambda row: (row.top, -row.width)))


def windows(page: Sequence[Row]) -> tuple[Window, ...]:
    """Every run of up to MAX_ROWS adjacent rows that begins like a title."""
    if not page:
        return ()
    usual = median(row.height for row in page)
    made: list[Window] = []
    for first, row in enumerate(page):
        if not _may_begin(row, usual):
            continue
        held = [first]
        made.append(_window(page, held, usual))
        for after in range(first + 1, len(page)):
            open_bracket = made[-1].text.count("(") > made[-1].text.count(")")
            if len(held) == MAX_ROWS or not _follows(page[held[-1]], page[after], open_bracket):
                break
            held.append(after)
            made.append(_window(page, held, usual))
    return tuple(made)


def printed_title(text: PageText) -> str:
    """The most title-like lines of a page of unknown type, joined; '' where no line stands out."""
    page = rows(text)
    shouting = [w for w in windows(page) if w.prominence >= 0.55 and all(page[i].capitals >= 0.8 for i in w.rows)]
    whole = [w for w in shouting if not w.goes_on and len(w.compact) >= 5]
    if not whole:
        return ""
    best = max(whole, key=lambda w: (round(w.prominence, 1), len(w.rows), -w.rows[0]))
    return nfc(best.text)[:160].strip(" .:-–")


def has_letterhead(text: PageText) -> bool:
    """The state's name or motto stands in the upper third: no page but a document's first bears it."""
    return any(row.depth <= 0.33 and row.state for row in rows(text))


def weights(titles: Iterable[Sequence[str]]) -> Mapping[str, float]:
    """How much each folded word tells titles apart, about 0.5 ('to', 'khai') to 1.6 (rare words)."""
    held = [set(title) for title in titles]
    count = Counter(word for title in held for word in title)
    most = math.log(1 + len(held))
    return {word: 0.5 + 1.1 * (1 - math.log(1 + seen) / most) for word, seen in count.items()}


def likeness(window: Window, words: Sequence[str], marked: Sequence[str], weight: Mapping[str, float]) -> float:
    """0 to 1: the share of weighted words of title and window that stand against each other in order.

    Letters wrong in a word cost a part of its weight; a word too many on either side costs all of it. A page
    word may be two title words run together and the other way round.
    """
    if len(words) > 2 and window.compact == "".join(words):
        return 1.0 if window.marked == tuple(marked) else 0.985
    cost = _alignment(window.words, words, weight)
    total = sum(weight.get(word, 1.0) for word in words)
    folded = max(0.0, 1 - cost / total)
    return folded * (1.0 if window.marked == tuple(marked) else 0.97 + 0.02 * _marks_agree(window.marked, marked))


def spoken(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(folded words, marked words) of any text."""
    marked = tuple(word.casefold() for word in _WORD.findall(nfc(text)))
    return tuple(fold(word) for word in marked), marked


def _row(line: Line, area: Box) -> Row:
    box = line.box
    text = " ".join(word.text for word in line.words if _WORD.search(word.text))
    words, marked = spoken(re.sub(r"\(\d\)|[®©@¹²³*]|[.…]{2,}", " ", text))
    letters = [c for c in text if c.isalpha()]
    state = _names_the_state("".join(words))
    middle = (box.left + box.width / 2 - area.left) / area.width
    return Row(
        text=text,
        words=words,
        marked=marked,
        top=box.top,
        bottom=box.bottom,
        height=float(median(word.box.height for word in line.words)),
        capitals=sum(c.isupper() for c in letters) / len(letters) if letters else 0.0,
        centred=max(0.0, 1 - abs(middle - 0.5) * 4),
        middle=middle,
        width=box.width / area.width,
        depth=(box.top - area.top) / area.height,
        header=state or bool(_AGENCY.match(" ".join(marked))),
        state=state,
        listed=bool(_LISTED.match(line.text)),
    )


def _names_the_state(compact: str) -> bool:
    return len(compact) >= 12 and any(
        fuzz.partial_ratio(state, compact) >= 78 if len(compact) >= len(state) else fuzz.ratio(state, compact) >= 70
        for state in _STATE
    )


def _may_begin(row: Row, usual: float) -> bool:
    if row.header or row.listed or row.depth > TOP_SHARE or not row.words or len(row.words) > 26:
        return False
    large = row.height >= 1.25 * usual
    alone = row.centred >= 0.75 and row.width <= 0.6 and row.text[:1].isupper() and len(row.words) <= 12
    return row.capitals >= 0.7 or large or alone


def _follows(before: Row, after: Row, open_bracket: bool = False) -> bool:
    """Whether ``after`` may be the same heading's next line; an open bracket asks for one."""
    gap = after.top - before.bottom
    size = max(before.height, after.height)
    near = -size < gap <= 1.9 * size
    under = abs(before.middle - after.middle) <= 0.06 and len(after.words) <= 18
    like = open_bracket or after.capitals >= 0.7 or under
    return near and like and not after.header and not after.listed and bool(after.words)


def _window(page: Sequence[Row], held: Sequence[int], usual: float) -> Window:
    lines = [page[index] for index in held]
    before = page[held[0] - 1] if held[0] else None
    after = page[held[-1] + 1] if held[-1] + 1 < len(page) else None
    return Window(
        rows=tuple(held),
        text=" ".join(line.text for line in lines),
        words=tuple(word for line in lines for word in line.words),
        marked=tuple(word for line in lines for word in line.marked),
        prominence=_prominence(lines[0], usual),
        goes_on=_continues(lines[-1], after) or _continues(before, lines[0]),
        subtitled=after is not None and _is_subtitle(lines[-1], after),
    )


def _continues(one: Row | None, other: Row | None) -> bool:
    """Two rows in one style directly below each other, both shouting, neither a header: one heading."""
    if one is None or other is None or one.header or other.header or one.listed or other.listed:
        return False
    alike = 0.75 <= one.height / max(1.0, other.height) <= 1.33
    shouting = one.capitals >= 0.8 and other.capitals >= 0.8 and _wordy(one) and _wordy(other)
    under = abs(one.middle - other.middle) <= 0.06
    return alike and shouting and under and _follows(one, other)


def _is_subtitle(above: Row, row: Row) -> bool:
    """'Về việc…' is under every decision and tells nothing; anything else in the middle may be the real title."""
    small = row.capitals < 0.7 and row.width <= 0.85 and len(row.words) >= 2 and row.words[0] not in ("ve", "v")
    return small and _follows(above, row) and abs(above.middle - row.middle) <= 0.06


def _wordy(row: Row) -> bool:
    """Real words, not specks and dotted lines read as letters."""
    return sum(len(word) for word in row.words if len(word) >= 2 and word.isalpha()) >= 4


def _prominence(row: Row, usual: float) -> float:
    size = min(1.0, max(0.0, (row.height / max(1.0, usual) - 1) / 0.5))
    place = 1.0 if row.depth <= 0.35 else max(0.0, 1 - (row.depth - 0.35) / 0.35)
    return 0.45 * (row.capitals >= 0.7) + 0.15 * size + 0.2 * row.centred + 0.2 * place


def _alignment(seen: Sequence[str], known: Sequence[str], weight: Mapping[str, float]) -> float:
    """The least cost of turning the seen words into the known ones, in units of word weight."""
    gone = [weight.get(word, 1.0) for word in known]
    extra = [_noise(word) * weight.get(word, 1.0) for word in seen]
    row = [0.0]
    for price in gone:
        row.append(row[-1] + price)
    history = [row]
    for i, word in enumerate(seen, start=1):
        above = history[-1]
        line = [above[0] + extra[i - 1]]
        for j, want in enumerate(known, start=1):
            best = min(above[j] + extra[i - 1], line[j - 1] + gone[j - 1])
            best = min(best, above[j - 1] + _swap(word, want, gone[j - 1], extra[i - 1]))
            if j > 1 and len(word) > len(want):
                best = min(best, above[j - 2] + _run(word, known[j - 2] + want, gone[j - 2] + gone[j - 1]))
            if i > 1 and len(word) < len(want):
                best = min(best, history[-2][j - 1] + _run(seen[i - 2] + word, want, gone[j - 1]))
            line.append(best)
        history.append(line)
    return history[-1][-1]


def _noise(word: str) -> float:
    """What a word too many costs: specks and page numbers read as letters cost little."""
    return 0.35 if len(word) == 1 or word.isdigit() else 1.0


def _swap(word: str, want: str, gone: float, extra: float) -> float:
    if word == want:
        return 0.0
    same = Levenshtein.normalized_similarity(word, want)
    return gone * (1 - same) * 0.9 if same >= 0.5 else gone + extra


def _run(word: str, want: str, price: float) -> float:
    same = Levenshtein.normalized_similarity(word, want)
    return price * (1 - same) + 0.02 if same >= 0.75 else price * 4


def _marks_agree(seen: Sequence[str], known: Sequence[str]) -> float:
    """Share of the words that agree with their marks, position by position from the nearer end."""
    shared = sum(a == b for a, b in zip(seen, known, strict=False))
    return shared / max(len(seen), len(known), 1)
