"""Length of texts: number of text messages, and seconds of reading aloud.

Source: 3GPP TS 23.038 (the alphabet of text messages) and 23.040 (160 or 70 characters; 153 or 67 where they are
joined).
"""

from __future__ import annotations

import math
from typing import Literal

from sdx_state.kinds.branches import branches

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # These take two characters.
WORDS_A_MINUTE = 150


def message_segments(text: str) -> tuple[int, Literal["GSM-7", "UCS-2"]]:
    """Return the number of text messages for `text`, and their alphabet; of a text with conditions, the most."""
    return max((_segments(one.text) for one in branches(text)), key=lambda one: one[0])


def _segments(text: str) -> tuple[int, Literal["GSM-7", "UCS-2"]]:
    if all(character in _GSM or character in _EXTENDED for character in text):
        length = sum(2 if character in _EXTENDED else 1 for character in text)
        return (1 if length <= 160 else math.ceil(length / 153)), "GSM-7"
    length = len(text.encode("utf-16-be", "surrogatepass")) // 2
    return (1 if length <= 70 else math.ceil(length / 67)), "UCS-2"


def reading_seconds(text: str) -> int:
    """Return the seconds that reading `text` aloud takes; of a text with conditions, the most."""
    return math.ceil(word_count(text) * 60 / WORDS_A_MINUTE)


def word_count(text: str) -> int:
    """Return the number of words in `text`; of a text with conditions, the most."""
    return max(len(one.text.split()) for one in branches(text))
