"""The catalogue: procedures and the looks of papers, read from ``templates/`` (or the office's own files).

Every file is checked at this border; a wrong key, code or date is refused with a sentence that names the
file and the key. What passes is frozen and free of pydantic.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

import templates
from intake.errors import BadSettings
from intake.labels import say
from intake.model import (
    Catalogue,
    Component,
    Cue,
    Hint,
    OtherWay,
    Procedure,
    ProcedureCode,
    TimeLimit,
    Unit,
)
from ocr.text import nfc

FORMS = "cues/forms.toml"
"""Cues of application forms made by the importer; all other cue files are written by hand."""

Code = Annotated[str, StringConstraints(pattern=r"^[1-6]\.\d{6}$")]
"""A procedure code without the local suffix (DOMAIN 2.3)."""
Words = Annotated[str, StringConstraints(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class _OtherRow(_Row):
    way: Words
    amount: int | None = Field(default=None, ge=0)
    unit: Unit


class _ComponentRow(_Row):
    key: Words
    title: Words
    required: bool = True
    condition: str = ""
    originals: int = Field(default=0, ge=0)
    copies: int = Field(default=0, ge=0)
    cues: tuple[Words, ...] = ()


class _ProcedureRow(_Row):
    code: Code
    name: Words
    audience: str = ""
    amount: int | None = Field(default=None, ge=0)
    unit: Unit = Unit.UNKNOWN
    limit_source: str = ""
    other_ways: tuple[_OtherRow, ...] = ()
    fee: str = ""
    decision: str = ""
    laws: tuple[Words, ...] = ()
    confidence: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    replaced_by: tuple[Code, ...] = ()
    components: tuple[_ComponentRow, ...] = ()


class _FieldFile(_Row):
    field: Words
    procedure: tuple[_ProcedureRow, ...] = ()


class _HintRow(_Row):
    procedure: Code
    words: tuple[Words, ...] = Field(min_length=1)
    after: str = ""


class _CueRow(_Row):
    id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]+$")]
    name: Words
    titles: tuple[Words, ...] = ()
    phrases: tuple[Words, ...] = ()
    codes: tuple[Words, ...] = ()
    procedures: tuple[Code, ...] = ()
    usual: Code | None = None
    hints: tuple[_HintRow, ...] = ()


class _CueFile(_Row):
    cue: tuple[_CueRow, ...] = ()


_File = TypeVar("_File", bound=_Row)


def load(overlay: Path | None = None) -> Catalogue:
    """All procedures and cues; a file in ``overlay`` replaces the shipped file of the same name.

    Raises :class:`intake.errors.BadSettings` where a file is not TOML, a key is unknown or out of range,
    a code or cue id stands twice, or something refers to a cue or procedure that does not exist.
    """
    cues = load_cues(overlay)
    procedures: dict[ProcedureCode, Procedure] = {}
    for name in templates.names("procedures", overlay):
        for procedure in _procedures(name, overlay):
            if procedure.code in procedures:
                raise BadSettings(say("catalogue.twice", file=name, key=procedure.code))
            _check_cues(name, procedure, cues)
            procedures[procedure.code] = procedure
    for cue in cues.values():
        for code in (*cue.procedures, *(hint.procedure for hint in cue.hints), *filter(None, (cue.usual,))):
            if code not in procedures:
                raise BadSettings(say("catalogue.no_procedure", key=cue.id, code=code))
    return Catalogue(procedures=procedures, cues=cues)


def load_cues(overlay: Path | None = None, without: Sequence[str] = ()) -> dict[str, Cue]:
    """Cues by id from every cue file but those named in ``without``; raises as :func:`load` does."""
    cues: dict[str, Cue] = {}
    for name in templates.names("cues", overlay):
        if name in without:
            continue
        for cue in _cues(name, overlay):
            if cue.id in cues:
                raise BadSettings(say("catalogue.twice", file=name, key=cue.id))
            cues[cue.id] = cue
    return cues


def _check_cues(file: str, procedure: Procedure, cues: dict[str, Cue]) -> None:
    for component in procedure.components:
        for cue in component.cues:
            if cue not in cues:
                raise BadSettings(say("catalogue.no_cue", file=file, key=f"{procedure.code} {component.key}", cue=cue))


def _procedures(name: str, overlay: Path | None) -> Iterator[Procedure]:
    held = _read(name, overlay, _FieldFile)
    for row in held.procedure:
        yield Procedure(
            code=ProcedureCode(row.code),
            name=row.name,
            field=held.field,
            limit=TimeLimit(amount=row.amount, unit=row.unit, source=row.limit_source),
            fee=row.fee,
            components=tuple(Component(**dict(part)) for part in row.components),
            confidence=row.confidence,
            decision=row.decision,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            replaced_by=tuple(map(ProcedureCode, row.replaced_by)),
            audience=row.audience,
            other_ways=tuple(
                OtherWay(way=o.way, limit=TimeLimit(amount=o.amount, unit=o.unit)) for o in row.other_ways
            ),
            laws=row.laws,
        )


def _cues(name: str, overlay: Path | None) -> Iterator[Cue]:
    for row in _read(name, overlay, _CueFile).cue:
        yield Cue(
            id=row.id,
            name=row.name,
            titles=row.titles,
            phrases=row.phrases,
            codes=row.codes,
            procedures=tuple(map(ProcedureCode, row.procedures)),
            usual=ProcedureCode(row.usual) if row.usual else None,
            hints=tuple(Hint(procedure=ProcedureCode(h.procedure), words=h.words, after=h.after) for h in row.hints),
        )


def _read(name: str, overlay: Path | None, shape: type[_File]) -> _File:
    try:
        return shape.model_validate(tomllib.loads(nfc(templates.text(name, overlay))))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(say("catalogue.not_toml", file=name, error=error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadSettings(
            say("catalogue.bad_key", file=name, key=key, value=str(first.get("input"))[:60], error=first["msg"])
        ) from error
