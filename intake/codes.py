"""Codes people type, scan and print: dossier codes, procedure codes, personal numbers. Pure.

Nothing here makes a code up. The provincial dossier code belongs to the province's system (TT 01/2018/TT-VPCP
Đ19, then TT 03/2025/TT-VPCP Đ13); ours only checks what came in. Its rules move to Bộ Công an with
NĐ 309/2026, so the formats are a list that a caller may replace.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache

import templates
from intake.model import ProcedureCode
from ocr.text import fold, nfc

LONGEST_CODE = 64
"""Characters; an agency's own part is at most 35 (QĐ 20/2020/QĐ-TTg)."""
LONGEST_PAYLOAD = 8192
"""Characters; the largest QR code holds 4,296. Anything longer is not a slip and is not looked into."""

DOSSIER_FORMATS: tuple[re.Pattern[str], ...] = (
    re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}-(?P<day>[0-9]{6})-[0-9]{4,10}"),
    re.compile(r"[A-Y][0-9]{2}(?:\.[0-9]{2,3}){0,3}-(?P<day>[0-9]{6})-[0-9]{4,10}"),
)
"""000.17.22.H56-210531-0001 (2018) and H29.147-260406-9248 (2025); ``day`` is yymmdd of this century."""

_PROCEDURE = re.compile(r"(?P<code>[1-6]\.[0-9]{6})(?:(?:\.[0-9]{3}\.[0-9]{2}\.[0-9]{2})?\.[A-Y][0-9]{2})?")
_PIN = re.compile(r"[0-9]{12}")
_BETWEEN_CODES = re.compile(r"[^0-9A-Za-z.\-]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
"""A code copied out of a word processor often comes with its longer dash."""


# --- dossier and procedure codes ---------------------------------------------------------------------------


def parse_dossier_code(untrusted: str, formats: Sequence[re.Pattern[str]] = DOSSIER_FORMATS) -> str | None:
    """The code in its one written form, or None: wrong shape, an impossible date, or far too long.

    White space around it, lower case and typographic dashes are forgiven; nothing else is.
    """
    if len(untrusted) > LONGEST_CODE:
        return None
    code = nfc(untrusted).translate(_DASHES).strip().upper()
    found = (layout.fullmatch(code) for layout in formats)
    return code if any(match and _is_day(match["day"]) for match in found) else None


def _is_day(yymmdd: str) -> bool:
    try:
        date(2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))
    except ValueError:
        return False
    return True


def find_dossier_code(
    untrusted_texts: Iterable[str], formats: Sequence[re.Pattern[str]] = DOSSIER_FORMATS
) -> str | None:
    """The one dossier code among the payloads of a page's QR and bar codes.

    A payload may be the code itself, the lines of a provincial slip (Thanh Hóa parts them with ';') or a link
    that ends in it. Two different codes on a page are two different dossiers: then the answer is None.
    """
    parts = (
        part
        for text in untrusted_texts
        if len(text) <= LONGEST_PAYLOAD
        for part in _BETWEEN_CODES.split(nfc(text).translate(_DASHES))
    )
    codes = {code for part in parts if (code := parse_dossier_code(part.strip(".-"), formats))}
    return codes.pop() if len(codes) == 1 else None


def parse_procedure_code(untrusted: str) -> ProcedureCode | None:
    """A code of the national database without the suffix local systems add (1.010708.000.00.00.H56), or None."""
    if len(untrusted) > LONGEST_CODE:
        return None
    match = _PROCEDURE.fullmatch(nfc(untrusted).strip().upper())
    return ProcedureCode(match["code"]) if match else None


# --- personal numbers --------------------------------------------------------------------------------------


def mask_id(number: str, shown: int = 3) -> str:
    """A personal number as it may stand on anything public: its last ``shown`` characters, the rest dots.

    White space goes. What is shorter than a number of nine digits is not known to be one: all of it is masked.
    """
    bare = "".join(number.split())
    kept = shown if len(bare) >= 9 else 0
    return "•" * (len(bare) - kept) + bare[len(bare) - kept :]


@cache
def _pin_words() -> Mapping[str, Mapping[str, str]]:
    loaded: dict[str, dict[str, str]] = tomllib.loads(templates.text("pin.vn.toml"))
    return loaded


def pin_warnings(pin: str, sex: str | None = None, born: date | None = None) -> tuple[str, ...]:
    """What does not fit together in a 12-digit personal number, in Vietnamese sentences; empty if all does.

    Only ever a warning (DOMAIN 5.2): the number has no check digit and old cards carry mistakes. ``sex`` is the
    word on the paper ('Nam', 'Nữ'); what is None, or another word, is not compared.
    """
    warning, provinces = _pin_words()["warning"], _pin_words()["provinces"]
    if not _PIN.fullmatch(pin):
        return (warning["shape"],)
    found: list[str] = []
    if int(pin[:3]) < 100 and pin[:3] not in provinces:
        found.append(warning["province"].format(code=pin[:3]))
    words = _pin_words()["sex"]
    said = words["female" if int(pin[3]) % 2 else "male"]
    if sex and fold(sex) in map(fold, words.values()) and fold(sex) != fold(said):
        found.append(warning["sex"].format(digit=pin[3], said=said, given=nfc(sex)))
    year = 1900 + 100 * (int(pin[3]) // 2) + int(pin[4:6])
    if born and born.year != year:
        found.append(warning["born"].format(said=year, given=born.year))
    return tuple(found)
