"""The sixteen language editions of www.rfi.fr.

One host, one path prefix each. Prefixes, language codes and containers were seen in the site's own
language menu (2023) and in a crawl of its links (December 2021); ``docs/site.md`` tells more. The
Romanian edition lives on another site (www.rfi.ro) and is not covered.
"""

from __future__ import annotations

from dataclasses import dataclass

HOST = "www.rfi.fr"


@dataclass(frozen=True)
class Edition:
    """One edition: its path prefix, its BCP 47 language, and where its columns lie."""

    prefix: str
    language: str
    containers: tuple[str, ...] = ()
    """Segments below which columns and shows lie; none where they are not known."""

    def holds_columns(self, segment: str) -> bool:
        """Whether columns lie below a segment; where that is not known any may hold them."""
        return segment in self.containers or not self.containers


_ALL = (
    Edition("fr", "fr", ("podcasts",)),
    Edition("en", "en", ("podcasts",)),
    Edition("es", "es", ("programas", "noticieros")),
    Edition("pt", "pt", ("programas",)),
    Edition("br", "pt-BR", ("podcasts",)),
    Edition("ha", "ha", ("shirye-shirye",)),
    Edition("sw", "sw", ("makala",)),
    Edition("ma", "bm", ("jɛmukanw",)),
    Edition("ff", "ff", ("taskaramji",)),
    Edition("ru", "ru", ("подкасты",)),
    Edition("uk", "uk"),
    Edition("vi", "vi", ("tạp-chí", "tổng-hợp")),
    # Chinese pages link each other's paths in either script.
    Edition("cn", "zh-Hans", ("专栏检索", "專欄檢索")),
    Edition("tw", "zh-Hant", ("專欄檢索", "专栏检索")),
    Edition("km", "km", ("កម្មវិធីផ្សេងទៀត",)),
    Edition("fa", "fa", ("پادکست",)),
)

EDITIONS: dict[str, Edition] = {edition.prefix: edition for edition in _ALL}

#: Names that sign for a house rather than a person, as the site writes them.
ORGANISATIONS = frozenset(
    "RFI|法广|法廣|Radio France Internationale|France 24|ار.اف.ای|ار اف ای|РФИ".split("|")
)
AGENCIES = frozenset(
    "AFP|法新社|Reuters|路透社|AP|美联社|美聯社|EFE|Lusa|ANSA|DPA|АФП|Рейтер|رویترز"
    "|خبرگزاری فرانسه".split("|")
)
