"""Made pages for sorting: text as an engine would hand it over, with boxes that look like a form's layout.

A line is text with marks in front: '^' centred, '#' large, '>' right half, '<' left half, none for body text
from the left margin. Capitals stay what they are. Pixels of an A4 page at 200 dpi.
"""

from __future__ import annotations

from intake.model import Classification, ProcedureCode
from ocr.text import Box, Line, PageText, Word, nfc

WIDTH, MARGIN, STEP = 1654, 160, 62
STATE = ("^CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "^Độc lập - Tự do - Hạnh phúc")
BODY = (
    "Kính gửi: Ủy ban nhân dân xã Quảng Yên",
    "Họ, chữ đệm, tên người làm đơn: Nguyễn Văn Mẫu, cư trú tại thôn 1, xã Quảng Yên",
    "Số định danh cá nhân: 038000000000 do Cục Cảnh sát cấp ngày 01 tháng 01 năm 2022",
    "Tôi xin trình bày nội dung sự việc như sau để cơ quan có thẩm quyền xem xét, giải",
    "quyết theo quy định của pháp luật. Tôi cam đoan những lời khai trên đây là đúng sự",
    "thật và chịu trách nhiệm trước pháp luật. Kính mong quý cơ quan xem xét, giải quyết.",
    ">Quảng Yên, ngày 02 tháng 11 năm 2026",
    ">Người làm đơn",
)


def page(*lines: str) -> PageText:
    """A page of the given lines, one below the other; '' leaves a gap."""
    made = []
    for number, text in enumerate(lines):
        bare = nfc(text.lstrip("^#<>"))
        marks = text[: len(text) - len(text.lstrip("^#<>"))]
        if bare.strip():
            made.append(_line(bare, marks, top=140 + number * STEP))
    return PageText(lines=tuple(made))


def form(*title: str, body: tuple[str, ...] = BODY) -> PageText:
    """A one-page form: the state's name and motto, the title centred, a body."""
    return page(*STATE, "", *(f"^{line}" for line in title), "", *body)


def guess(cue: str | None, procedure: str | None = None, score: float = 0.95) -> Classification:
    return Classification(
        cue=cue, procedure=ProcedureCode(procedure) if procedure else None, score=score if cue else 0.1
    )


def _line(text: str, marks: str, *, top: int) -> Line:
    height = 44 if "#" in marks else 30
    letter = height * 0.56
    words = text.split()
    long = sum(len(word) for word in words) + len(words) - 1
    width = long * letter
    left = float(MARGIN)
    if "^" in marks:
        left = (WIDTH - width) / 2
    elif ">" in marks:
        left = WIDTH * 0.75 - width / 2
    elif "<" in marks:
        left = WIDTH * 0.25 - width / 2
    made = []
    for word in words:
        box = Box(left=round(left), top=top, width=max(1, round(len(word) * letter)), height=height)
        made.append(Word(text=word, box=box, confidence=0.9))
        left += (len(word) + 1) * letter
    return Line(words=tuple(made))
