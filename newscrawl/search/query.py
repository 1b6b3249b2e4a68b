"""The query language: words, "phrases", prefix*, -without, and ``title:`` ``author:`` ``tag:``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newscrawl.search.tokens import SEAM, ZWNJ, compose, tokens

#: What may stand before a colon, and the column of the index that it means.
FIELDS = {"title": "title", "lead": "lead", "text": "text", "author": "authors", "tag": "tags"}
#: Longer queries are cut: nobody types them.
_MOST_LETTERS, _MOST_TERMS = 500, 24
_TERM = re.compile(
    rf'(?P<without>-)?(?:(?P<field>{"|".join(FIELDS)}):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))'
    r"(?P<prefix>\*)?",
    re.IGNORECASE,
)
_QUOTES = str.maketrans(dict.fromkeys("“”„«»「」", '"'))
_ARABIC = re.compile("[\u0620-\u06ff]+")


@dataclass(frozen=True)
class Phrase:
    """Tokens that stand side by side; with ``prefix`` the last one is only a beginning."""

    tokens: tuple[str, ...]
    prefix: bool = False

    @property
    def match(self) -> str:
        """The same for FTS5."""
        return f'"{" ".join(self.tokens)}"' + (" *" if self.prefix else "")


@dataclass(frozen=True)
class Term:
    """One thing looked for: any of some phrases, in one column of the index or in all."""

    phrases: tuple[Phrase, ...]
    column: str | None = None
    without: bool = False

    @property
    def match(self) -> str:
        """The same for FTS5."""
        any_of = " OR ".join(phrase.match for phrase in self.phrases)
        return f"{{{self.column}}} : ({any_of})" if self.column else f"({any_of})"


@dataclass(frozen=True)
class Query:
    """A query, read. It is empty (``False``) when it names nothing to look for."""

    terms: tuple[Term, ...]

    def __bool__(self) -> bool:
        return any(not term.without for term in self.terms)

    def match(self, edition: str | None = None) -> str:
        """The expression for FTS5, within one edition where it is given."""
        wanted = [term.match for term in self.terms if not term.without]
        if edition is not None:
            wanted.append(f'{{edition}} : "{edition_token(edition)}"')
        unwanted = [term.match for term in self.terms if term.without]
        found = " AND ".join(wanted)
        return f"({found}) NOT ({' OR '.join(unwanted)})" if unwanted else found

    @property
    def phrases(self) -> list[Phrase]:
        """All phrases looked for, to mark them in a text."""
        return [phrase for term in self.terms if not term.without for phrase in term.phrases]


def parse(text: str) -> Query:
    """Read what somebody typed; nothing in it is an error.

    >>> parse('été "le port" nav* -pluie author:Dumas').match()
    '(("ete") AND ("le port") AND ("nav" *) AND {authors} : ("dumas")) NOT (("pluie"))'
    >>> parse("法国人 法").match("cn")
    '("法国 国人") AND ("法" *) AND {edition} : "·cn"'
    """
    terms = [
        term for term in _terms(compose(text[:_MOST_LETTERS]).translate(_QUOTES)) if term.phrases
    ]
    return Query(tuple(_with_joined(terms[:_MOST_TERMS])))


def edition_token(edition: str) -> str:
    """The token by which the articles of an edition are found: no text has such a one."""
    return SEAM + "".join(sign for sign in edition.lower() if sign.isalnum())


def _terms(text: str) -> Iterator[Term]:
    for found in _TERM.finditer(text):
        words = found["phrase"] if found["phrase"] is not None else found["word"]
        prefix = bool(found["prefix"]) or words.endswith("*")
        column = FIELDS[found["field"].lower()] if found["field"] else None
        phrases = list(_phrases(words, prefix))
        yield Term(tuple(dict.fromkeys(phrases)), column, bool(found["without"]))


def _phrases(text: str, prefix: bool) -> Iterator[Phrase]:
    """A phrase, and the same with the seams of Persian words written otherwise."""
    phrase = _phrase(text, prefix)
    if phrase is None:
        return
    yield phrase
    if ZWNJ in text:
        apart = _phrase(text.replace(ZWNJ, " "), prefix)
        if apart is not None:
            yield apart
    words = phrase.tokens
    for at in range(len(words) - 1):
        joined = _joined(words[at], words[at + 1])
        if joined:
            yield Phrase((*words[:at], joined, *words[at + 2 :]), prefix)


def _phrase(text: str, prefix: bool) -> Phrase | None:
    found = list(tokens(text))
    if not found:
        return None
    if found[-1].is_last:
        alone = len(found) == 1 or found[-2].end != found[-1].end
        # A pair has it already; one alone is the beginning of whatever pair it stands in.
        found, prefix = (found, True) if alone else (found[:-1], False)
    return Phrase(tuple(token.text for token in found), prefix)


def _with_joined(terms: Sequence[Term]) -> Iterator[Term]:
    """Neighbouring words of Arabic script may be written as one."""
    for at, term in enumerate(terms):
        more = []
        for one, two in ((at - 1, at), (at, at + 1)):
            if one < 0 or two >= len(terms):
                continue
            first, second = terms[one], terms[two]
            if (first.column, first.without) != (second.column, second.without):
                continue
            joined = _joined(_single(first), _single(second))
            if joined:
                more.append(Phrase((joined,), second.phrases[0].prefix))
        yield Term((*term.phrases, *more), term.column, term.without)


def _single(term: Term) -> str:
    words = term.phrases[0].tokens
    return words[0] if len(words) == 1 else ""


def _joined(one: str, two: str) -> str:
    both = _ARABIC.fullmatch(one) and _ARABIC.fullmatch(two)
    return one + two if both else ""
