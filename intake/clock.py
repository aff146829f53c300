"""Time and chance as parameters: what the clock says and which identities are minted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from intake.model import BatchId, ClaimId

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that a tired eye confuses."""


def _wall() -> datetime:
    return datetime.now(UTC)


def _entropy() -> int:
    return int.from_bytes(os.urandom(5))


@dataclass(slots=True, kw_only=True)
class Clock:
    """Moments and identities. Identities of one clock sort in the order in which they were minted."""

    read: Callable[[], datetime] = _wall
    entropy: Callable[[], int] = _entropy
    _last_ms: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        """The moment, in the office's time zone."""
        return self.read().astimezone(VIETNAM)

    def mint(self) -> str:
        """18 letters: 10 of the millisecond, never twice the same or backwards in one process, 8 of chance."""
        with self._lock:
            self._last_ms = max(int(self.read().timestamp() * 1000), self._last_ms + 1)
            return _base32(self._last_ms, 10) + _base32(self.entropy(), 8)

    def mint_claim(self) -> ClaimId:
        return ClaimId(self.mint())

    def mint_batch(self) -> BatchId:
        return BatchId(self.mint())


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(length)))
