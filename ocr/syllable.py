"""What can be a Vietnamese syllable: an onset, a rhyme and a tone, whole words of the language being one syllable each.

After the phonology in Đoàn Thiện Thuật, *Ngữ âm tiếng Việt* (1977), in its written form: onsets and rhymes are closed
lists, and a rhyme that ends in a stop (p, t, c, ch) carries only the acute or the dot.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_ONSETS = ("ngh", "ng", "nh", "ch", "gh", "gi", "kh", "ph", "qu", "th", "tr", *"bcdđghklmnprstvx", "")
_RHYMES = frozenset(
    (  # noqa: SIM905 - three lines of words read better than eighty strings
        "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
        "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu êng "
        "i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu "
        "o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc "
        "oe oen oeo oet oi om on ong ooc oong op ot "
        "ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt "
        "u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut "
        "uy uya uych uyên uyêt uyn uynh uyp uyt uyu "
        "ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu ynh yt ych"
    ).split()
)
_STOPS = ("p", "t", "c", "ch")
_TONES = {"\u0300": "grave", "\u0301": "acute", "\u0303": "tilde", "\u0309": "hook", "\u0323": "dot"}


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether ``word`` (letters only, any case) is built like a Vietnamese syllable."""
    bare, tones = _without_tone(word.casefold())
    if len(tones) > 1:
        return False
    for onset in _ONSETS:
        rhyme = bare[len(onset) :]
        if bare.startswith(onset) and rhyme in _RHYMES:
            return not rhyme.endswith(_STOPS) or tones in (["acute"], ["dot"])
    return False


def _without_tone(word: str) -> tuple[str, list[str]]:
    """The word with the marks that make vowels (ă, ê, ơ) but without those of tone, and the tones it had."""
    parts = unicodedata.normalize("NFD", word)
    tones = [_TONES[part] for part in parts if part in _TONES]
    return unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES)), tones
