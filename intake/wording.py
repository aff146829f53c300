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
    """``text`` as ``model``. Raises BadSettings naming the file ``name`` and the first thing wrong in it."""
    try:
        return model.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(say("print.bad_form", name=name, error=f"{where}: {first['msg']}")) from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(say("print.bad_form", name=name, error=error)) from error
