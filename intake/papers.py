"""From the national portal's prose about required papers to components a clerk can tick off. Pure.

The portal mixes papers, conditions, alternatives and remarks in one list. What is kept: a short title, the
words of its condition, the numbers of originals and copies, the document types that satisfy it. A paper is
*required* only where no condition was found: a false 'missing' costs a citizen a journey.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from intake.model import Component, Cue, ProcedureCode
from ocr.text import fold, nfc

TITLE_LIMIT = 130
CONDITION_LIMIT = 130

_NOTE_GROUP = re.compile(r"^(luu y|ghi chu|chu y)")
_SHOWN_GROUP = re.compile(r"xuat trinh")
_FREE_GROUP = re.compile(
    r"^(|giay to phai nop|thanh phan ho so.*|ho so( gom| bao gom)?|1\. giay to phai nop|nop truc tiep|giay to nop"
    r"|nguoi yeu cau chung thuc nop 01 .*|ho so de nghi.*|a\) .*ho so gom|thanh phan|ho so cua nguoi nhan con nuoi"
    r"|ho so cua nguoi duoc gioi thieu lam con nuoi|ho so cua nguoi duoc nhan lam con nuoi)$"
)
_ONLINE = re.compile(r"truc tuyen|moi truong dien tu|phuong thuc dien tu|dien tu tuong tac|tai len")
_COUNTER = re.compile(r"truc tiep|buu chinh")
_PAPER = re.compile(
    r"^(\d+ |0\d |ban goc |mot trong |cac |bo )*(giay|to khai|don|ban|van ban|ho chieu|the|can cuoc|quyet dinh|bien ban"
    r"|hop dong|so do|phuong an|bao cao|danh sach|ho so|phieu|chung|anh|mau|tai lieu|ke hoach|du an|trich|so|bang"
    r"|thong bao|to trinh|nghi quyet|dieu le|di chuc|du thao|ly lich|thuyet minh|de an|bo|cong van|de cuong|hoa don"
    r"|chung tu|loi chung|ket luan|ket qua|manh|du lieu|tep|thong tin|de nghi|y kien|ban an|bang ke|quy|co cau"
    r"|hinh anh|ma|benh an|xac nhan|nhat ky|cam ket|du toan|khai bao|to khai|phan|gia)\b"
)
_OPENING = re.compile(
    r"^(?P<when>(?:Trường hợp|Đối với|Nếu|Khi|Trong trường hợp)\b.+?)(?:,|\bthì\b|\bphải\b|\bcần\b)[\s,]*"
    r"(?:thì|phải|cần|hồ sơ|còn|được|nộp|có|bổ sung|xuất trình|kèm theo|gửi|cung cấp|thêm|kèm|gồm|là|thay thế bằng"
    r"|:|\s)+"
    r"(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_BRACKETS = re.compile(r"\s*\(([^()]*\b(?:nếu|trường hợp|đối với|khi|áp dụng)\b[^()]*)\)", re.IGNORECASE)
_IF_ANY = re.compile(r"\s*[\(,]?\s*nếu có\b\)?", re.IGNORECASE)
_INLINE = re.compile(
    r"[\s,;]+((?:(?:trong|đối với|cho) trường hợp|trường hợp|đối với|nếu|khi)\s.+)$", re.IGNORECASE | re.DOTALL
)
_INSTEAD = re.compile(r"^(trong )?(truong hop|neu) (khong|chua|mat)")
_SENTENCE = re.compile(r"(?<=[a-zà-ỹđ\)\d])[.;]\s+(?=[A-ZÀ-ỸĐ])")
_BULLET = re.compile(
    r"^(?:[-+*•·–]|\(?[ivx]{1,4}\)|\(?[a-zđ]\d?\)|\(?\d{1,2}(?:\.\d{1,2})*[.)]|"
    r"Thành phần hồ sơ \d+\s*:|Bản chính\s*:|Giấy tờ \d+\s*:)\s*",
    re.IGNORECASE,
)
_BASIS = re.compile(
    r"[\s,;(]+(?:(?:được )?(?:lập |thực hiện |viết |làm |soạn )?theo (?:mẫu|biểu mẫu|quy định)|ban hành kèm|"
    r"quy định tại|có mẫu|mẫu số|mẫu \d|mẫu [A-Z]{1,4}\d|kèm theo (?:Thông tư|Nghị định|Quyết định)|"
    r"(?:tại|theo) Phụ lục).*$",
    re.IGNORECASE | re.DOTALL,
)
_FORM_NUMBER = re.compile(
    r"\b[Mm]ẫu\s+(?:số\s+)?([A-ZĐ]{0,4}[-.]?\d{1,3}[a-zđ]?(?:[-./][A-ZĐ0-9]{1,6})?)(?=[\s,.;)]|$)"
)
_LEADING = re.compile(
    r"^((0?\d+|mot|hai) (ban |bo |to )?|ban (chinh|sao|goc|chup|dien tu)( va ban sao)?( hoac ban (sao|chup|chinh))?"
    r"( co)?( duoc)?( chung thuc)?( cua)?( hoac)? |mot trong (cac |nhung )?(loai )?(giay to )?(sau|sau day)?:? ?|cac )+"
)

_VAGUE = frozenset({"DON_CHUNG", "GIAY_XN"})
"""Types too vague to satisfy a component: 'giấy xác nhận' of what?"""
_IDENTITY = frozenset({"CCCD", "CCCD_B", "CC24", "CC24_B"})
"""Cards that prove the same: whoever asks for one is served by any."""
_RESIDENCE = frozenset({"CT01", "CT02"})
"""The same declaration, for those at home and those abroad."""
_LAND = frozenset({"GCN_NEW", "GCN_OLD", "GCN_RED"})
"""Land certificates of all times are equally good."""
_LAND_HEAD = re.compile(r"^giay chung nhan (da cap|quyen su dung dat)\b")
_FORM_HEAD = re.compile(
    r"^(ban chinh |01 )*(don|to khai|giay de nghi|van ban de nghi|phieu|ban khai|giay khai|to trinh|ban dang ky)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """One line of the portal's list. Numbers are None where the source does not say."""

    text: str
    group: str = ""
    originals: int | None = None
    copies: int | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Folded names of document types, longest first, for finding which type a component asks for."""

    rows: tuple[tuple[str, str], ...]
    leading: Mapping[str, frozenset[ProcedureCode]]

    @staticmethod
    def of(cues: Iterable[Cue]) -> Names:
        held = list(cues)
        rows = {(_plain(title), cue.id) for cue in held for title in (*cue.titles, cue.name) if len(title) > 5}
        return Names(
            tuple(sorted(rows, key=lambda row: (-len(row[0]), row))),
            {cue.id: frozenset(cue.procedures) for cue in held},
        )

    def in_text(self, text: str) -> tuple[str, ...]:
        """Ids of the types named as alternatives at the head of ``text``, in order, each once."""
        found: list[str] = []
        for part in (text, *re.split(r"\s*[/;,]\s*|\s+hoặc\s+", text)):
            head = _LEADING.sub("", _plain(part))
            best = next((cue for name, cue in self.rows if head == name or head.startswith(name + " ")), None)
            if best is not None and (best not in _VAGUE or head == _plain(best)):
                found.append(best)
            if _LAND_HEAD.match(head):
                found += sorted(_LAND)
        for family in (_IDENTITY, _RESIDENCE):
            if not family.isdisjoint(found):
                found += sorted(family)
        return tuple(cue for cue in dict.fromkeys(found) if cue in self.leading)


def components(code: ProcedureCode, rows: Sequence[PaperRow], names: Names) -> tuple[Component, ...]:
    """The papers of one procedure, each once, the leading form first, keys unique and stable."""
    held: dict[str, Component] = {}
    for row in rows:
        part = None if _is_note(row) else _component(code, row, names)
        if part is not None:
            same = fold(part.title)
            held[same] = _merged(held[same], part) if same in held else part
    parts = _one_form(_with_a_form(list(held.values()), code, names), code, names)
    parts.sort(key=lambda part: (not _leads(code, part.cues, names), not part.required))
    return _keyed(parts)


def _with_a_form(parts: list[Component], code: ProcedureCode, names: Names) -> list[Component]:
    """Where no paper carries the procedure's own form, the first application is it, whatever it is called."""
    own = tuple(sorted(cue for cue, codes in names.leading.items() if code in codes))
    if not own or any(_leads(code, part.cues, names) for part in parts):
        return parts
    for index, part in enumerate(parts):
        if _FORM_HEAD.match(fold(part.title)):
            form = replace(part, cues=tuple(dict.fromkeys((*own, *part.cues))), required=True, condition="")
            return [*parts[:index], form, *parts[index + 1 :]]
    return parts


def _one_form(parts: list[Component], code: ProcedureCode, names: Names) -> list[Component]:
    """Several applications in one list are alternatives, unless written cues say that each leads it."""
    known = [
        p
        for p in parts
        if p.required and any(code in names.leading.get(c, ()) and not c.startswith("F_") for c in p.cues)
    ]
    forms = [p for p in parts if p.required and _FORM_HEAD.match(fold(p.title))]
    first = known or forms[:1]
    return [
        replace(part, required=False, condition="theo trường hợp") if part in forms and part not in first else part
        for part in parts
    ]


def short(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut between words, '…' where something was cut."""
    text = " ".join(text.split()).strip(" .,;:-–")
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:(") + "…"


def slug(text: str, limit: int = 60) -> str:
    """ASCII words joined by hyphens, cut between words."""
    words = re.findall(r"[a-z0-9]+", fold(text))
    out = ""
    for word in words:
        if out and len(out) + 1 + len(word) > limit:
            break
        out = f"{out}-{word}" if out else word[:limit]
    return out


def title_of(text: str) -> str:
    """The paper's name alone: no bullet, no legal basis, first sentence only."""
    bare = short(_BASIS.sub("", _SENTENCE.split(clean(text))[0]), 10_000)
    return re.sub(r"\b(\w+ \w+) \1\b", r"\1", bare, flags=re.IGNORECASE)


def clean(text: str) -> str:
    """NFC, single spaces, no zero-width characters, no bullets in front."""
    text = re.sub(r"[​‌‍﻿‎]", "", nfc(text))
    text = " ".join(text.split())
    while (bare := _BULLET.sub("", text)) != text:
        text = bare
    return text


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(text)))


def _is_note(row: PaperRow) -> bool:
    text, group = fold(clean(row.text)), fold(row.group)
    if _NOTE_GROUP.match(group) or text.endswith(":") or len(text) < 4:
        return True
    if row.originals == 0 and row.copies == 0:
        return not _PAPER.match(text) or bool(_SHOWN_GROUP.search(group))
    return False


def _component(code: ProcedureCode, row: PaperRow, names: Names) -> Component | None:
    what, when, required = _parted(clean(row.text))
    form = _FORM_NUMBER.search(what)
    title = title_of(what)
    if not title:
        return None
    group = fold(row.group)
    if _SHOWN_GROUP.search(group):
        required, when = False, "; ".join(filter(None, ("chỉ xuất trình", when)))
    elif not _FREE_GROUP.match(group) and not (_leads(code, names.in_text(title), names) and not when):
        required, when = False, when or clean(row.group)
    if _ONLINE.search(fold(f"{row.group} {what}")) and not _COUNTER.search(fold(f"{when} {what}")):
        required = False
    cues = names.in_text(title)
    if _leads(code, cues, names) and (not when or _COUNTER.search(fold(when))):
        required = True
    if form and fold(form.group(1)) not in fold(title):
        title = f"{short(title, TITLE_LIMIT)} (Mẫu {form.group(1)})"
    else:
        title = short(title, TITLE_LIMIT + 20)
    return Component(
        key="",
        title=title[:1].upper() + title[1:],
        required=required,
        condition=short(when, CONDITION_LIMIT),
        originals=row.originals or 0,
        copies=row.copies or 0,
        cues=cues,
    )


def _parted(text: str) -> tuple[str, str, bool]:
    """(the paper, the words of its condition, required) of one line."""
    opening = _OPENING.match(text)
    if opening:
        what, when = opening["what"], opening["when"]
        if _PAPER.match(fold(what)):
            return what, when, False
        return text, "theo trường hợp", False
    if re.match(r"^(trường hợp|đối với|nếu|khi)\b", text, re.IGNORECASE):
        return text, "theo trường hợp", False
    first = _SENTENCE.split(text)[0]
    bracket = _BRACKETS.search(first)
    if bracket:
        when = bracket.group(1)
        bare = first.replace(bracket.group(0), "")
        if _COUNTER.search(fold(when)) and not _INSTEAD.match(fold(when)):
            return bare, "", True
        return bare, when, bool(_INSTEAD.match(fold(when)))
    if _IF_ANY.search(first):
        return _IF_ANY.sub("", first), "nếu có", False
    inline = _INLINE.search(first)
    if inline and len(first[: inline.start()].split()) >= 2:
        when = inline.group(1)
        return first[: inline.start()], when, bool(_INSTEAD.match(fold(when)))
    return first, "", True


def _merged(one: Component, other: Component) -> Component:
    free = next((c for c in (one, other) if c.required and not c.condition), one)
    return replace(free, originals=max(one.originals, other.originals), copies=max(one.copies, other.copies))


def _leads(code: ProcedureCode, cues: Sequence[str], names: Names) -> bool:
    return any(code in names.leading.get(cue, frozenset()) for cue in cues)


def _keyed(parts: Sequence[Component]) -> tuple[Component, ...]:
    seen: dict[str, int] = {}
    out = []
    for part in parts:
        key = slug(part.title, 40) or "giay-to"
        seen[key] = seen.get(key, 0) + 1
        out.append(replace(part, key=key if seen[key] == 1 else f"{key}-{seen[key]}"))
    return tuple(out)
