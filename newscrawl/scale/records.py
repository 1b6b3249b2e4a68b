"""The step that turns pages into records, and records as datatrove's documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.logging import logger
from datatrove.utils.typeshelper import StatHints

from newscrawl import ExtractionError, extract
from newscrawl.extracting.pages import ERROR, SLOW, isolated
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.lines import to_line
from newscrawl.text import shown
from newscrawl.watchdog import watched

#: Where a record's page lies: beside its fields in ``metadata``.
PLACE = ("file", "offset")


class ExtractRecords(PipelineStep):
    """Records of pages; a page that gives none is counted by its reason."""

    type = "🛠️ - EXTRACTOR"
    name = "📰 Records"

    def run(
        self, data: Iterator[Document], rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """One document for each article page."""
        for page in data:
            self.stat_update(StatHints.total)
            with self.track_time():
                article = self._article(page)
            if article is None:
                continue
            record = to_document(article)
            record.metadata.update((name, page.metadata.get(name)) for name in PLACE)
            self.stat_update(StatHints.forwarded)
            self.update_doc_stats(record)
            yield record

    def _article(self, page: Document) -> Article | None:
        moment, url = datetime.fromisoformat(page.metadata["date"]), page.metadata["url"]
        try:
            with isolated(url), watched():
                article = extract(page.text, url, moment)
                article.source = "archive"
                to_line(article)  # what could not be written would end the task
                return article
        except ExtractionError as error:
            if error.reason in (ERROR, SLOW):
                logger.warning(shown(str(error)))
            reason = error.reason.replace(" ", "_")
        self.stat_update(StatHints.dropped, f"{StatHints.dropped}_{reason}")
        return None


def to_document(article: Article) -> Document:
    """A record as a document: ``id`` is ``url_hash``, ``metadata`` its fields besides the text."""
    fields = asdict(article)
    text, key = fields.pop("text"), fields.pop("url_hash")
    return Document(text=text or "", id=key, metadata=fields)


def to_fields(document: Document) -> dict[str, Any]:
    """The record of a document that :func:`to_document` gave, in the order of its fields."""
    fields = {**document.metadata, "text": document.text or None, "url_hash": document.id}
    return {name: fields[name] for name in ARTICLE_FIELDS}
