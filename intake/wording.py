"""TOML from ``templates/print/`` into a checked model, with one kind of complaint for the office that edited it."""

from __future__ import annotations

import tomllib
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from intake.errors import BadSettings
from intake.labels import say


class Words(BaseModel):
    """A table of a print template: frozen, and a key it does not know is an error, not a word lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Words)


def parse(model: type[Model], text: str, name: str) -> Model:
    """``text`` as ``model``. Raises BadSettings naming the file ``name`` and what is wrong in it."""
    try:
        return model.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise BadSettings(say("print.bad_form", name=name, error=_faults(error))) from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(say("print.bad_form", name=name, error=error)) from error


def _faults(error: ValidationError) -> str:
    """The first few: a misspelt key is both a key missing and a key too many."""
    found = ((".".join(str(part) for part in fault["loc"]), fault["msg"]) for fault in error.errors())
    return "; ".join(f"{where}: {what}" for where, what in list(found)[:4])
