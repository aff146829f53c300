"""Domain values as columns and rows, and back; what a column holds is checked on the way in (pydantic)."""

from __future__ import annotations

import json
import zlib

from pydantic import TypeAdapter
from sqlalchemy import Row

from intake.model import (
    Batch,
    BatchId,
    BatchKind,
    BlobId,
    Classification,
    PageId,
    PageReading,
    Receipt,
    SetAside,
)
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


# --- rows ---------------------------------------------------------------------------------------------------


def batch_of(row: Row[tuple[object, ...]]) -> Batch:
    return Batch(
        id=BatchId(row.id),
        kind=BatchKind(row.kind),
        lane=row.lane,
        priority=row.priority,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def set_aside_of(row: Row[tuple[object, ...]]) -> SetAside:
    return SetAside(
        id=row.id,
        lane=row.lane,
        source=row.source,
        page=row.source_page,
        reason=row.reason,
        detail=row.detail,
        blob=None if row.blob is None else BlobId(row.blob),
        kept_at=row.kept_at,
        batch=None if row.batch is None else BatchId(row.batch),
        at=row.at,
    )


def reading_of(row: Row[tuple[object, ...]]) -> PageReading:
    return PageReading(
        page=PageId(row.id),
        recipe=row.recipe,
        image=BlobId(row.image),
        width=row.width,
        height=row.height,
        dpi=row.dpi,
        skew_deg=row.skew_deg,
        turn_deg=row.turn_deg,
        blank=row.blank,
        sharpness=row.sharpness,
        confidence=row.confidence,
        seconds=row.seconds,
        text=unpack_text(row.text),
        dossier_code=row.dossier_code,
    )
