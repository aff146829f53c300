"""Makes the shipped catalogue anew: ``python -m intake.catalogue_import SRC_DIR [INTO]``.

SRC_DIR holds ``procedures.jsonl`` (the national portal, July 2026) and ``procedures_common.tsv`` (condensed by
hand and by rule). INTO is a templates folder, by default the shipped one: ``procedures/*.toml`` and
``cues/forms.toml`` are written there. Everything but :func:`main` is pure.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

import templates
from intake.catalogue import FORMS, load_cues
from intake.model import Component, Cue, OtherWay, Procedure, ProcedureCode, TimeLimit, Unit
from intake.papers import Names, PaperRow, clean, components, short, slug, title_of
from ocr.text import fold, nfc

_CODE = re.compile(r"^[1-6]\.\d{6}$")
_COUNTER = "Trực tiếp"
_UNITS = {"Ngày làm việc": Unit.WORKING_DAY, "Ngày": Unit.CALENDAR_DAY, "Giờ": Unit.HOUR}
_OURS = {"y": Unit.WORKING_DAY, "n": Unit.CALENDAR_DAY}
_PORTAL = "Cổng Dịch vụ công quốc gia 7/2026"
_FORM_NOUN = re.compile(r"^(don|to khai|giay de nghi|van ban de nghi|phieu|ban khai|giay khai|ban dang ky|thong bao)\b")
_LISTED_FORM = re.compile(
    r"^(don (de nghi|xin|yeu cau|dang ky)|to khai|(giay|van ban) de nghi|phieu (de nghi|yeu cau)|ban khai|giay khai) "
)
_PROSE = re.compile(
    r"trong do|ghi ro|kem theo|truong hop|ban sao|doi voi|sau day|nhu sau|\bhoac (ban|cua|than)|duoc (lap|bau)$|;|/ t$"
    r"|\bcua (chu|ban|don vi|doi tuong|co quan)|ban khai cua|co chung nhan|do chu ho|tien su dung da$|don thuoc"
)
_NOT_FORMS = ("Hải quan", "Thuế", "Kho bạc Nhà nước", "Tòa án")
"""Fields whose offices are not at the counter: their papers would only confuse the classifier."""


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Way(_Loose):
    way: str
    time: float | None = None
    unit: str | None = None
    fee_vnd: float | None = None


class Paper(_Loose):
    group: str = ""
    name: str
    originals: int | None = None
    copies: int | None = None


class PortalRow(_Loose):
    """One line of ``procedures.jsonl``."""

    code: str
    name: str
    field: str
    audience: str = Field(default="", alias="for")
    ways: tuple[Way, ...] = ()
    components: tuple[Paper, ...] = ()
    laws: tuple[str, ...] = ()
    decision: str = ""


class CondensedRow(_Loose):
    """One line of ``procedures_common.tsv``; all columns are text, '' or '?' where unknown."""

    code: str
    name: str
    field: str
    time_limit_days: str = ""
    working_days: str = ""
    fee_vnd: str = ""
    form_title: str = ""
    required_papers: str = ""
    source_confidence: str = ""


class Curated(_Loose):
    """What ``templates/curated.toml`` says of one procedure."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    effective_from: date | None = None
    effective_to: date | None = None
    replaced_by: tuple[ProcedureCode, ...] = ()
    component: tuple[CuratedComponent, ...] = ()


class CuratedComponent(_Loose):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    required: bool = True
    condition: str = ""
    originals: int = 0
    copies: int = 0
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One procedure as both sources tell it; at least one of them is there."""

    portal: PortalRow | None
    condensed: CondensedRow | None

    @property
    def code(self) -> ProcedureCode:
        row = self.condensed or self.portal
        assert row is not None
        return ProcedureCode(row.code)

    @property
    def field(self) -> str:
        row = self.condensed or self.portal
        assert row is not None
        return row.field


def read(portal: str, condensed: str) -> tuple[Source, ...]:
    """Both sources joined by code, in order of field and code. ValueError names a code that cannot be one."""
    rows = [PortalRow.model_validate_json(nfc(line)) for line in portal.splitlines() if line.strip()]
    table = csv.DictReader(nfc(condensed).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    ours = [CondensedRow.model_validate(row) for row in table]
    by_code = {row.code: row for row in rows}
    mine = {row.code: row for row in ours}
    for code in (*by_code, *mine):
        if not _CODE.match(code):
            raise ValueError(f"not a procedure code: {code!r}")
    joined = (Source(portal=by_code.get(code), condensed=mine.get(code)) for code in by_code.keys() | mine.keys())
    return tuple(sorted(joined, key=lambda source: (source.field, source.code)))


def form_cues(sources: Iterable[Source], written: Mapping[str, Cue]) -> dict[str, Cue]:
    """A cue for each application form that no hand-written cue knows, by id; one title may lead several codes."""
    known = {_bare(title) for cue in written.values() for title in cue.titles}
    leads: dict[str, set[ProcedureCode]] = defaultdict(set)
    names: dict[str, str] = {}
    for source in sources:
        if source.field in _NOT_FORMS:
            continue
        for title in _form_titles(source):
            bare = _bare(title)
            if bare not in known:
                leads[bare].add(source.code)
                names.setdefault(bare, title)
    cues = {}
    for bare, codes in sorted(leads.items()):
        key = "F_" + slug(bare, 48).upper().replace("-", "_")
        while key in cues:
            key += "_2"
        cues[key] = Cue(id=key, name=names[bare], titles=(names[bare].upper(),), procedures=tuple(sorted(codes)))
    return cues


def procedure(source: Source, names: Names, curated: Mapping[str, Curated]) -> Procedure:
    """The catalogue row of one source. Units are taken as read; what is not said stays unknown."""
    portal, condensed, code = source.portal, source.condensed, source.code
    known = curated.get(code, Curated())
    limit = _limit(portal, condensed)
    papers = components(code, _papers(source), names)
    if known.component:
        papers = tuple(Component(key=slug(part.title, 40), **part.model_dump()) for part in known.component)
    elif source.field in _NOT_FORMS:
        papers = tuple(part for part in papers if part.required)
    return Procedure(
        code=code,
        name=_name((condensed or portal).name),  # type: ignore[union-attr]
        field=source.field,
        limit=limit,
        fee=_fee(portal, condensed),
        components=papers,
        confidence=re.split(r"[:\s]", condensed.source_confidence)[0] if condensed else "VERIFIED",
        decision=portal.decision if portal else "",
        effective_from=known.effective_from,
        effective_to=known.effective_to,
        replaced_by=known.replaced_by,
        audience=_audience(portal.audience) if portal else "",
        other_ways=_other_ways(portal, limit),
        laws=tuple(law for law in portal.laws if re.match(r"^\d+/\d{4}/(NĐ-CP|QH\d\d|TT-[A-ZĐ]+)$", law))[-4:]
        if portal
        else (),
    )


def render(procedures: Iterable[Procedure]) -> dict[str, str]:
    """File name below ``procedures/`` -> TOML text, one file a field of work."""
    fields: dict[str, list[Procedure]] = defaultdict(list)
    for row in procedures:
        fields[row.field].append(row)
    files: dict[str, str] = {}
    for field, rows in sorted(fields.items()):
        name = slug(field)
        while f"{name}.toml" in files:
            name += "-2"
        files[f"{name}.toml"] = f"field = {_text(field)}\n" + "".join(map(_render_procedure, rows))
    return files


def render_cues(cues: Iterable[Cue]) -> str:
    """TOML of generated cues."""
    head = "# Do intake.catalogue_import làm ra từ tên mẫu đơn trong danh mục; sửa tay thì chép sang tệp khác.\n"
    return head + "".join(
        f"\n[[cue]]\nid = {_text(cue.id)}\nname = {_text(cue.name)}\ntitles = {_list(cue.titles)}\n"
        f"procedures = {_list(cue.procedures)}\n"
        for cue in cues
    )


def _limit(portal: PortalRow | None, condensed: CondensedRow | None) -> TimeLimit:
    direct = next((way for way in portal.ways if way.way == _COUNTER), None) if portal else None
    source = _provenance(condensed) if condensed else _PORTAL
    if direct and direct.unit == "Giờ":
        return TimeLimit(amount=_whole(direct.time), unit=Unit.HOUR, source=source)
    if condensed is None:
        way = direct or (portal.ways[0] if portal and portal.ways else None)
        unit = _UNITS.get(way.unit or "", Unit.UNKNOWN) if way else Unit.UNKNOWN
        return TimeLimit(amount=_whole(way.time) if way else None, unit=unit, source=source)
    days = condensed.time_limit_days.strip()
    amount = float(days) if re.fullmatch(r"[\d.]+", days) else None
    if portal and not direct and portal.ways and portal.ways[0].unit == "Giờ":
        return TimeLimit(amount=_whole(portal.ways[0].time), unit=Unit.HOUR, source=source)
    if amount == 0:
        same_day = condensed.working_days == "y"
        return TimeLimit(
            amount=0 if same_day else None, unit=Unit.SAME_DAY if same_day else Unit.UNKNOWN, source=source
        )
    unit = _OURS.get(condensed.working_days, Unit.UNKNOWN) if amount is not None else Unit.UNKNOWN
    return TimeLimit(amount=_whole(amount), unit=unit, source=source)


def _other_ways(portal: PortalRow | None, limit: TimeLimit) -> tuple[OtherWay, ...]:
    """Ways whose stated limit differs; a bare number without a unit says nothing and is left out."""
    out: dict[str, OtherWay] = {}
    for way in portal.ways if portal else ():
        unit = _UNITS.get(way.unit or "")
        if way.way == _COUNTER or unit is None or way.time is None:
            continue
        if (_whole(way.time), unit) != (limit.amount, limit.unit):
            out[way.way] = OtherWay(way=way.way, limit=TimeLimit(amount=_whole(way.time), unit=unit))
    return tuple(out.values())


def _fee(portal: PortalRow | None, condensed: CondensedRow | None) -> str:
    if condensed:
        fee = condensed.fee_vnd.strip()
    else:
        fees = {way.fee_vnd for way in portal.ways if way.fee_vnd is not None} if portal else set()
        fee = "; ".join(f"{value:.0f}" for value in sorted(fees))
    if fee == "0":
        return "Cổng ghi 0 đồng; lệ phí địa phương theo nghị quyết HĐND tỉnh nếu có"
    return f"{int(fee):,} đồng".replace(",", ".") if fee.isdigit() else short(fee, 160)


def _papers(source: Source) -> list[PaperRow]:
    portal, condensed = source.portal, source.condensed
    if portal and portal.components:
        return [
            PaperRow(text=part.name, group=clean(part.group), originals=part.originals, copies=part.copies)
            for part in portal.components
        ]
    return (
        [_condensed_paper(part) for part in condensed.required_papers.split(" | ") if part.strip()] if condensed else []
    )


def _condensed_paper(text: str) -> PaperRow:
    numbers = re.search(r"\[([^\]]*)\]\s*$", text)
    held = numbers.group(1) if numbers else ""
    originals, copies = re.search(r"(\d)C", held), re.search(r"(\d)S", held)
    return PaperRow(
        text=text[: numbers.start()] if numbers else text,
        originals=int(originals.group(1)) if originals else None,
        copies=int(copies.group(1)) if copies else None,
    )


def _form_titles(source: Source) -> list[str]:
    told = (
        re.split(r"\s*[/+]\s*(?=(?:Tờ|TỜ|Đơn|ĐƠN|Giấy|GIẤY))", source.condensed.form_title) if source.condensed else []
    )
    listed = [part.name for part in source.portal.components] if source.portal else []
    titles = [re.sub(r"\s*\(.*$", "", title_of(text)) for text in told]
    titles += [title for title in map(title_of, listed) if _LISTED_FORM.match(fold(title)) and "(" not in title]
    return [title for title in titles if _is_title(title)]


def _is_title(title: str) -> bool:
    """Whether the words can be a form's printed heading: long enough to be its own, short enough to be printed."""
    words = fold(title).split()
    return bool(_FORM_NOUN.match(fold(title))) and 5 <= len(words) <= 24 and not _PROSE.search(fold(title))


def _bare(title: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(title)))


def _name(name: str) -> str:
    name = re.sub(r"^Thủ tục\s+", "", " ".join(name.split()), flags=re.IGNORECASE)
    name = re.sub(r"\s*\(\d\.\d{6}\)$", "", name)
    return name[:1].upper() + name[1:]


def _audience(text: str) -> str:
    return ", ".join(sorted({part.strip() for part in re.split(r",(?![^()]*\))", text)}))


def _provenance(row: CondensedRow) -> str:
    text = re.sub(r"^[A-Z-]+:\s*", "", row.source_confidence)
    text = re.sub(r"DVCQG crawl 07/2026 \(\S+ \S+; ?", f"{_PORTAL} (", text)
    text = re.sub(
        r"\((?:tlnb|theo|nhdandz)[^)]*\)|tlnb \w+\.md|\S*BangNiemYetVinhBao\S*( scripts| js/data\.js)?", "", text
    )
    return short(text.replace("()", ""), 120)


def _whole(amount: float | None) -> int | None:
    return None if amount is None else round(amount)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"


def _render_procedure(row: Procedure) -> str:
    lines = ["", "[[procedure]]", f"code = {_text(row.code)}", f"name = {_text(row.name)}"]
    if row.limit.amount is not None:
        lines.append(f"amount = {row.limit.amount}")
    lines.append(f"unit = {_text(row.limit.unit)}")
    if row.other_ways:
        ways = ", ".join(
            f"{{ way = {_text(o.way)}, amount = {o.limit.amount}, unit = {_text(o.limit.unit)} }}"
            for o in row.other_ways
        )
        lines.append(f"other_ways = [{ways}]")
    texts = {
        "limit_source": row.limit.source,
        "fee": row.fee,
        "audience": row.audience,
        "decision": row.decision,
        "confidence": row.confidence,
    }
    lines += [f"{key} = {_text(value)}" for key, value in texts.items() if value]
    lines += [
        f"{key} = {_list(value)}" for key, value in (("laws", row.laws), ("replaced_by", row.replaced_by)) if value
    ]
    dates = {"effective_from": row.effective_from, "effective_to": row.effective_to}
    lines += [f"{key} = {value.isoformat()}" for key, value in dates.items() if value]
    if row.components:
        lines += ["components = [", *(f"  {_render_component(part)}," for part in row.components), "]"]
    return "\n".join(lines) + "\n"


def _render_component(part: Component) -> str:
    facts = [f"key = {_text(part.key)}", f"title = {_text(part.title)}"]
    if not part.required:
        facts.append("required = false")
    if part.condition:
        facts.append(f"condition = {_text(part.condition)}")
    facts += [f"{key} = {value}" for key, value in (("originals", part.originals), ("copies", part.copies)) if value]
    if part.cues:
        facts.append(f"cues = {_list(part.cues)}")
    return "{ " + ", ".join(facts) + " }"


def build(sources: Sequence[Source], written: Mapping[str, Cue], curated: Mapping[str, Curated]) -> dict[str, str]:
    """Template name -> text of every file the importer makes."""
    forms = form_cues(sources, written)
    names = Names.of((*written.values(), *forms.values()))
    rows = [procedure(source, names, curated) for source in sources]
    return {
        FORMS: render_cues(forms.values()),
        **{f"procedures/{name}": text for name, text in render(rows).items()},
    }


def main(arguments: Sequence[str]) -> int:
    """Write the files; 0 if all went well, 3 where an argument is wrong."""
    if not 1 <= len(arguments) <= 2 or not (Path(arguments[0]) / "procedures.jsonl").is_file():
        sys.stderr.write(f"{__doc__}\n")
        return 3
    source = Path(arguments[0])
    into = Path(arguments[1]) if len(arguments) == 2 else templates.SHIPPED
    read_text = [(source / name).read_text("utf-8") for name in ("procedures.jsonl", "procedures_common.tsv")]
    notes = tomllib.loads(templates.text("curated.toml"))["procedure"]
    curated = {code: Curated.model_validate(row) for code, row in notes.items()}
    files = build(read(*read_text), load_cues(without=(FORMS,)), curated)
    (into / "procedures").mkdir(parents=True, exist_ok=True)
    (into / "cues").mkdir(exist_ok=True)
    for old in (into / "procedures").glob("*.toml"):
        old.unlink()
    for name, text in files.items():
        (into / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(files)} files, {sum(len(text.encode()) for text in files.values())} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
