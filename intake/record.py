"""Domain values as bytes and text in a column, and back, checked on the way in (pydantic)."""

from __future__ import annotations

import json
import zlib

from pydantic import TypeAdapter

from intake.model import Classification, Receipt
from ocr.text import PageText

_TEXT = TypeAdapter(PageText)
_GUESS = TypeAdapter(Classification)
_RECEIPT = TypeAdapter(Receipt)


def pack_text(text: PageText) -> bytes:
    """A page's words, deflated: about 8 KB for a full page."""
    return zlib.compress(_TEXT.dump_json(text), level=6)


def unpack_text(data: bytes) -> PageText:
    return _TEXT.validate_json(zlib.decompress(data))


def pack_guess(guess: Classification) -> str:
    return _GUESS.dump_json(guess).decode()


def unpack_guess(data: str) -> Classification:
    return _GUESS.validate_json(data)


def pack_receipt(receipt: Receipt) -> str:
    return _RECEIPT.dump_json(receipt).decode()


def unpack_receipt(data: str) -> Receipt:
    return _RECEIPT.validate_json(data)


def pack_names(names: tuple[str, ...]) -> str:
    return json.dumps(names, ensure_ascii=False)


def unpack_names(data: str) -> tuple[str, ...]:
    return tuple(str(name) for name in json.loads(data))
