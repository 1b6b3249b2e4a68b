"""Tables of the store, and how an older database becomes today's.

``docs/store.md`` describes every table and column for readers of the database.
"""

from __future__ import annotations

import sqlite3

from newscrawl.items import ARTICLE_FIELDS

#: Written to ``PRAGMA user_version``. A migration is added below whenever it grows.
VERSION = 7
#: Version that brought the table ``coverage``: readers meet older databases too.
COVERAGE_SINCE = 2
#: Version that brought the search index.
SEARCH_SINCE = 4

_INTEGERS = {"version", "reading_minutes"}
#: Record fields that are stored as JSON text.
JSON_FIELDS = frozenset(
    ["breadcrumb", "authors", "images", "audio", "videos", "tags", "alternates", "related", "rules"]
)


def _record_columns() -> str:
    """One SQL column per field of the record, same names, same order."""
    return ",\n    ".join(
        f'"{name}" {"INTEGER" if name in _INTEGERS else "TEXT"}' for name in ARTICLE_FIELDS
    )


_FIRST = f"""
CREATE TABLE articles (
    {_record_columns()},
    gone_at TEXT,
    updated_at TEXT,
    PRIMARY KEY (url_hash)
);
CREATE INDEX articles_content_id ON articles (content_id) WHERE content_id IS NOT NULL;
CREATE INDEX articles_published ON articles (published_at);
CREATE INDEX articles_edition ON articles (edition, "column", published_at);

CREATE TABLE article_versions (
    {_record_columns()},
    cause TEXT,
    extractor TEXT,
    replaced_at TEXT,
    PRIMARY KEY (url_hash, version)
);

CREATE TABLE article_state (
    url_hash TEXT PRIMARY KEY,
    cause TEXT,
    extractor TEXT,
    etag TEXT,
    last_modified TEXT,
    checked_at TEXT
) WITHOUT ROWID;

CREATE TABLE columns (
    id INTEGER PRIMARY KEY,
    edition TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL UNIQUE,
    kind TEXT,
    frontier INTEGER,
    floor TEXT,
    full_at TEXT,
    walked_at TEXT,
    etag TEXT,
    last_modified TEXT,
    extractor TEXT,
    last_rows INTEGER,
    gone_at TEXT
);

CREATE TABLE links (
    hash BLOB PRIMARY KEY,
    url TEXT,
    article BLOB,
    state INTEGER NOT NULL,
    "column" INTEGER,
    attempts INTEGER,
    next_try TEXT,
    reason TEXT
) WITHOUT ROWID;
CREATE INDEX links_owed ON links ("column", next_try) WHERE url IS NOT NULL;

CREATE TABLE article_columns (
    "column" INTEGER NOT NULL,
    hash BLOB NOT NULL,
    first_walk INTEGER NOT NULL,
    PRIMARY KEY ("column", hash)
) WITHOUT ROWID;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    spider TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    state TEXT NOT NULL,
    mode TEXT,
    arguments TEXT,
    extractor TEXT,
    exit_code INTEGER,
    verdict TEXT,
    summary TEXT
);

CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    not_before TEXT,
    pages_not_before TEXT,
    refusals INTEGER
);

CREATE TABLE line_files (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    published_at TEXT
);

CREATE TABLE lines (
    file INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    length INTEGER NOT NULL,
    url_hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (file, "offset")
) WITHOUT ROWID;

CREATE VIEW column_articles AS
    SELECT c.edition, c.name AS listed_in, a.*
    FROM article_columns x
    JOIN columns c ON c.id = x."column"
    JOIN links l ON l.hash = x.hash
    JOIN articles a ON a.url_hash = lower(hex(coalesce(l.article, l.hash)));
"""

_COVERAGE = """
CREATE TABLE coverage (
    run INTEGER NOT NULL,
    edition TEXT NOT NULL,
    place TEXT NOT NULL,
    field TEXT NOT NULL,
    records INTEGER NOT NULL,
    filled INTEGER NOT NULL,
    first INTEGER NOT NULL,
    PRIMARY KEY (run, edition, place, field)
) WITHOUT ROWID;
"""

_SOURCES_AND_FORGOTTEN = """
CREATE TABLE sources (
    url TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    edition TEXT NOT NULL,
    read_at TEXT,
    items INTEGER,
    lastmod TEXT,
    etag TEXT,
    last_modified TEXT,
    extractor TEXT
) WITHOUT ROWID;

ALTER TABLE links ADD COLUMN source TEXT;

CREATE TABLE forgotten (
    hash BLOB PRIMARY KEY,
    forgotten_at TEXT NOT NULL
) WITHOUT ROWID;
"""

# What changes is only noted here, in the transaction that changes it: entering it into the index
# is for later. The index keeps no texts; `tokens` is what a row was entered with, to take it out.
_SEARCH = """
CREATE VIRTUAL TABLE search USING fts5(
    title, lead, text, authors, tags, edition, content = '', tokenize = 'ascii'
);

CREATE TABLE search_articles (
    id INTEGER PRIMARY KEY,
    url_hash TEXT NOT NULL UNIQUE,
    tokens BLOB NOT NULL
);

CREATE TABLE search_due (
    id INTEGER PRIMARY KEY,
    url_hash TEXT NOT NULL UNIQUE
);
INSERT INTO search_due (url_hash) SELECT url_hash FROM articles ORDER BY published_at;

CREATE TRIGGER search_due_insert AFTER INSERT ON articles BEGIN
    INSERT OR IGNORE INTO search_due (url_hash) VALUES (new.url_hash);
END;
CREATE TRIGGER search_due_update
AFTER UPDATE OF url_hash, edition, title, lead, text, authors, tags ON articles BEGIN
    INSERT OR IGNORE INTO search_due (url_hash) VALUES (new.url_hash);
END;
CREATE TRIGGER search_due_delete AFTER DELETE ON articles BEGIN
    INSERT OR IGNORE INTO search_due (url_hash) VALUES (old.url_hash);
END;
"""

# The beginning of a word is asked for as often as the word (a Chinese character is the beginning of
# many pairs): with the first letters indexed it costs a tenth. The index is made anew, as due.
_SEARCH_BEGINNINGS = """
INSERT OR IGNORE INTO search_due (url_hash) SELECT url_hash FROM articles ORDER BY published_at;
DELETE FROM search_articles;
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5(
    title, lead, text, authors, tags, edition, content = '', tokenize = 'ascii', prefix = '1 2'
);
"""

# When the row of an article was last written, whoever wrote it: exports of what has changed read
# it. Captures may be old ones (of an archive, of another store), so their own times do not tell.
# What is there already counts as changed now: an increment may give too much, never too little.
_CHANGES = """
CREATE TABLE article_changes (
    url_hash TEXT PRIMARY KEY,
    changed_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO article_changes
    SELECT url_hash, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now') FROM articles;

CREATE TRIGGER article_changes_insert AFTER INSERT ON articles BEGIN
    REPLACE INTO article_changes
        VALUES (new.url_hash, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'));
END;
CREATE TRIGGER article_changes_update AFTER UPDATE ON articles BEGIN
    REPLACE INTO article_changes
        VALUES (new.url_hash, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'));
END;
CREATE TRIGGER article_changes_delete AFTER DELETE ON articles BEGIN
    DELETE FROM article_changes WHERE url_hash = old.url_hash;
END;

CREATE INDEX lines_version ON lines (url_hash, version);
"""

# How far each ended walk had looked is kept with every row that it showed, instead of one mark a
# column: rows of a walk that was cut vouch for nothing. Of an older store, only what a walk to the
# end had shown is sure; the next walks go down to it once.
_FLOORS = """
ALTER TABLE article_columns ADD COLUMN floor INTEGER;
UPDATE article_columns SET floor = 0 FROM (
    SELECT c.id AS id, max(r.id) AS run FROM columns c JOIN runs r ON r.started_at <= c.full_at
    GROUP BY c.id
) AS walked WHERE walked.id = article_columns."column" AND first_walk <= walked.run;

ALTER TABLE columns DROP COLUMN frontier;
ALTER TABLE columns DROP COLUMN floor;
ALTER TABLE columns ADD COLUMN floor INTEGER;
ALTER TABLE columns ADD COLUMN end_url TEXT;
UPDATE columns SET etag = NULL, last_modified = NULL, extractor = NULL;

ALTER TABLE article_state ADD COLUMN url TEXT;

-- The address of a stored record leads to that record.
UPDATE links SET article = NULL WHERE article IS NOT NULL
    AND lower(hex(hash)) IN (SELECT url_hash FROM articles);
-- Records under one id that were published at several times are of several articles: their other
-- addresses are to be asked for again when they are listed again.
DELETE FROM links WHERE article IS NOT NULL AND lower(hex(article)) IN (
    SELECT url_hash FROM (
        SELECT url_hash, published_at, title FROM articles WHERE content_id IS NOT NULL
        UNION SELECT url_hash, published_at, title FROM article_versions
    ) GROUP BY url_hash HAVING count(DISTINCT published_at) > 1 AND count(DISTINCT title) > 1
);
"""

#: Script that takes a database from the version of its index to the next.
MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _COVERAGE,
    _SOURCES_AND_FORGOTTEN,
    _SEARCH,
    _SEARCH_BEGINNINGS,
    _CHANGES,
    _FLOORS,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to :data:`VERSION`, each step in a transaction of its own."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for step in range(version, VERSION):
        script = MIGRATIONS[step]
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {step + 1};\nCOMMIT;"
        )
