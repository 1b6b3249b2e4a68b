"""Folding: what people type alike becomes alike, letter by letter."""

from __future__ import annotations

import unicodedata

from newscrawl.text import normalised

#: Letters that no decomposition takes apart. Hooks of Hausa and Fulfulde, the Bambara vowels and
#: the Vietnamese đ are left out by people who type on other keyboards.
_LETTERS = {
    **dict.fromkeys("đðɗɖ", "d"),
    **dict.fromkeys("ɓƀ", "b"),
    **dict.fromkeys("ƙĸ", "k"),
    **dict.fromkeys("ƴ", "y"),
    **dict.fromkeys("ɛəǝ", "e"),
    **dict.fromkeys("ɔø", "o"),
    **dict.fromkeys("ŋɲ", "n"),
    **dict.fromkeys("ı", "i"),
    **dict.fromkeys("ł", "l"),
    **dict.fromkeys("ħ", "h"),
    "œ": "oe",
    "æ": "ae",
    "þ": "th",
    "ё": "е",
    "ѐ": "е",
    "ѝ": "и",
    "ґ": "г",
    # Arabic and Persian keyboards write the same word with different letters.
    **dict.fromkeys("يىئے", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("ةۀەہ", "ه"),
    **dict.fromkeys("أإآٱ", "ا"),
    "ؤ": "و",
    "ء": "",
    "ـ": "",
}
#: Not shown: soft hyphen, joiners, marks of direction, byte order mark.
_UNSEEN = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
#: Scripts whose letters keep their marks: they tell letters apart (й from и), or are vowels.
_KEEP_MARKS = ("CYRILLIC", "KHMER", "HANGUL", "HIRAGANA", "KATAKANA")


def fold(text: str) -> str:
    """Small letters without accents, one form for each Arabic letter, digits as 0 to 9.

    >>> fold("Été à Đà Nẵng"), fold("ЁЛКА Й"), fold("كتاب ۱۴۰۳"), fold("Œuvre ɓera")
    ('ete a da nang', 'елка й', 'کتاب 1403', 'oeuvre bera')
    """
    return normalised(text).translate(_TABLE)


def _fold_letter(letter: str) -> str:
    if letter in _UNSEEN or _is_loose_mark(letter):
        return ""
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    small = letter.casefold()
    if small in _LETTERS:
        return _LETTERS[small]
    if unicodedata.name(letter, "").startswith(_KEEP_MARKS):
        return unicodedata.normalize("NFC", small)
    parts = unicodedata.normalize("NFKD", small).casefold()
    return "".join(_LETTERS.get(part, part) for part in parts if not unicodedata.combining(part))


def _is_loose_mark(letter: str) -> bool:
    """Whether it is an accent, or a vowel sign that Arabic may leave out."""
    return unicodedata.combining(letter) > 0 and not "\u1780" <= letter <= "\u17ff"


class _Table(dict[int, str]):
    """Filled as letters are met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_letter(chr(code))
        return folded


_TABLE = _Table()
