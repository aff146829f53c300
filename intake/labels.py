"""The Vietnamese sentences of ``templates/labels.vi.toml``, found by key and filled with facts."""

from __future__ import annotations

import tomllib
from functools import cache

import templates


@cache
def _labels() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = tomllib.loads(templates.text("labels.vi.toml"))
    return loaded


def say(key: str, /, **facts: object) -> str:
    """The sentence for ``section.name`` with ``{facts}`` filled in; KeyError if there is none (a bug)."""
    section, name = key.split(".", 1)
    return _labels()[section][name].format(**facts)


def explain(reason: str) -> str:
    """What a clerk reads for a stored reason; a reason without words of its own gets the general ones."""
    reasons = _labels()["reason"]
    return reasons.get(reason, reasons["failed"])
