"""Reading archives: what they hold, in which order it answers, and how broken ones end."""

from __future__ import annotations

import base64
import gzip
import zlib
from datetime import UTC, datetime
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import Any

import brotli
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newscrawl.archives import writing
from newscrawl.archives.answer import Answer, zstd
from newscrawl.archives.files import archive_files, check_archives
from newscrawl.archives.reading import read_answers
from newscrawl.archives.replaying import Archive
from newscrawl.errors import UsageProblem

PAGE = "https://www.rfi.fr/cn/x/"


def write(path: Path, *answers: dict[str, Any], packed: bool = True) -> Path:
    """An archive with some answers: ``url``, ``body``, ``status``, ``headers``, ``hour``."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed, warc_version="1.1")
        for number, answer in enumerate(answers):
            head = StatusAndHeaders(
                f"{answer.get('status', 200)} X", answer.get("headers", []), protocol="HTTP/1.1"
            )
            date = f"2026-01-01T{answer.get('hour', number):02}:00:00Z"
            kind = answer.get("type", "response")
            payload = BytesIO(answer.get("body", b""))
            more = {"WARC-Date": date, **answer.get("warc", {})}
            writer.write_record(
                writer.create_warc_record(
                    answer.get("url", PAGE),
                    kind,
                    payload=payload,
                    http_headers=head,
                    warc_headers_dict=more,
                )
            )
    return path


def archive(*files: Path) -> Archive:
    return Archive(list(files), str.lower)


def bodies(found: Archive, times: int, url: str = PAGE) -> list[bytes | None]:
    answers = [found.answer(url) for _ in range(times)]
    return [answer.body if answer else None for answer in answers]


@pytest.mark.parametrize("packed", [True, False])
def test_the_nth_capture_answers_the_nth_request_then_the_last_good_one(
    tmp_path: Path, packed: bool
) -> None:
    file = write(
        tmp_path / "a.warc.gz",
        {"body": b"one"},
        {"body": b"two"},
        {"body": b"down", "status": 503},
        packed=packed,
    )
    assert bodies(archive(file), 5) == [b"one", b"two", b"down", b"two", b"two"]


def test_captures_of_several_files_follow_each_other(tmp_path: Path) -> None:
    first = write(tmp_path / "a.warc.gz", {"body": b"one"})
    second = write(tmp_path / "b.warc.gz", {"body": b"two"})
    assert bodies(archive(first, second), 3) == [b"one", b"two", b"two"]


def test_what_it_lacks_it_does_not_answer(tmp_path: Path) -> None:
    assert bodies(archive(write(tmp_path / "a.warc.gz", {})), 1, "https://x.example/") == [None]


def test_a_304_gives_the_body_it_refers_to(tmp_path: Path) -> None:
    file = write(tmp_path / "a.warc.gz", {"body": b"one"}, {"status": 304, "type": "revisit"})
    found = archive(file)
    found.answer(PAGE)
    again = found.answer(PAGE)
    assert again is not None
    assert (again.body, again.status) == (b"one", 200)
    assert again.captured_at == datetime(2026, 1, 1, 1, tzinfo=UTC)


def test_a_revisit_by_digest_or_time(tmp_path: Path) -> None:
    digest = {"WARC-Payload-Digest": "sha1:" + base64.b32encode(sha1(b"one").digest()).decode()}
    refers = {"WARC-Refers-To-Date": "2026-01-01T01:00:00Z"}
    other = "https://www.rfi.fr/cn/y/"
    file = write(
        tmp_path / "a.warc.gz",
        {"body": b"one"},
        {"body": b"two"},
        {"type": "revisit", "url": other, "warc": digest},
        {"type": "revisit", "warc": refers},
    )
    assert bodies(archive(file), 1, other) == [b"one"]
    assert bodies(archive(file), 3) == [b"one", b"two", b"two"]


def test_a_revisit_of_nothing_is_not_answered(tmp_path: Path) -> None:
    file = write(tmp_path / "a.warc.gz", {"type": "revisit", "status": 304})
    assert bodies(archive(file), 1) == [None]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstd.compress),
        ("", bytes),
        ("unheard-of", bytes),
    ],
)
def test_content_encodings(tmp_path: Path, encoding: str, pack: Any) -> None:
    headers = [("Content-Encoding", encoding), ("Content-Type", "text/html; charset=x")]
    file = write(tmp_path / "a.warc.gz", {"body": pack(b"page" * 100), "headers": headers})
    answer = archive(file).answer(PAGE)
    assert answer is not None
    assert answer.decoded() == (b"page" * 100, "text/html; charset=x")


def test_a_body_that_does_not_decode_is_given_as_far_as_it_does() -> None:
    cut = gzip.compress(b"page" * 10_000)[:-20]
    answer = Answer(PAGE, 200, [("content-encoding", "gzip")], cut, datetime.now(UTC))
    assert answer.decoded()[0].startswith(b"page")
    noise = Answer(PAGE, 200, [("Content-Encoding", "gzip")], b"noise", datetime.now(UTC))
    assert noise.decoded()[0] == b""


def test_a_body_that_unpacks_without_end_is_bounded() -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024))
    answer = Answer(PAGE, 200, [("Content-Encoding", "gzip")], bomb, datetime.now(UTC))
    assert len(answer.decoded()[0]) <= 10 * 1024 * 1024


def test_chunks_are_put_together(tmp_path: Path) -> None:
    headers = [("Transfer-Encoding", "chunked")]
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    file = write(tmp_path / "a.warc.gz", {"body": body, "headers": headers})
    assert bodies(archive(file), 1) == [b"abcde"]


def test_one_gzip_member_over_all_records_is_read_too(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.warc", {"body": b"one"}, {"body": b"two"}, packed=False)
    whole = tmp_path / "b.warc.gz"
    whole.write_bytes(gzip.compress(plain.read_bytes()))
    assert bodies(archive(whole), 2) == [b"one", b"two"]


@pytest.mark.parametrize("packed", [True, False])
def test_a_truncated_archive_is_read_as_far_as_it_goes(
    tmp_path: Path, packed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(
        tmp_path / "a.warc.gz",
        {"body": b"one" * 500},
        {"body": bytes(range(256)) * 20},
        packed=packed,
    )
    data = file.read_bytes()
    for length in range(len(data) - 60, len(data), 7):
        file.write_bytes(data[:length])
        found = [answer.body for _, answer in read_answers(file)]
        assert found[:1] == [b"one" * 500]
    assert "truncated" in caplog.text or "broken" in caplog.text


def test_names_of_archives(tmp_path: Path) -> None:
    one = write(tmp_path / "a.warc.gz", {})
    two = write(tmp_path / "b.warc", {}, packed=False)
    (tmp_path / "c.txt").write_text("x")
    assert archive_files(str(tmp_path)) == [one, two]
    assert archive_files(f"{one},{two}") == [one, two]
    assert archive_files(str(tmp_path / "*.warc*")) == [one, two]
    with pytest.raises(UsageProblem, match="no archive at"):
        archive_files(str(tmp_path / "none.warc.gz"))
    with pytest.raises(UsageProblem, match="is not a WARC file"):
        check_archives(str(tmp_path / "c.txt"))


def record(writer: writing.ArchiveWriter, body: bytes) -> None:
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    request = StatusAndHeaders("/cn/x/ HTTP/1.1", [("Host", "www.rfi.fr")], protocol="GET")
    writer.write(PAGE, datetime(2026, 1, 1, tzinfo=UTC), head, BytesIO(body), request)


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    writer = writing.ArchiveWriter(tmp_path, "rfi-1")
    record(writer, b"one")
    assert list(tmp_path.glob("*.warc.gz")) == []
    writer.close()
    (file,) = tmp_path.iterdir()
    assert file.name.endswith("-1.warc.gz")
    assert [answer.body for _, answer in read_answers(file)] == [b"one"]


def test_a_torn_last_record_is_cut_at_the_next_start(tmp_path: Path) -> None:
    writer = writing.ArchiveWriter(tmp_path, "rfi-1")
    record(writer, b"one")
    record(writer, b"two" * 1000)
    writer.close()
    (file,) = tmp_path.iterdir()
    data = file.read_bytes()
    _, second = (offset for offset, _ in read_answers(file))
    file.unlink()
    (tmp_path / (file.name + writing.OPEN)).write_bytes(data[: second + 99])  # a kill
    writing.mend(tmp_path)
    (mended,) = tmp_path.iterdir()
    assert mended.name == file.name
    assert mended.stat().st_size == second
    assert [answer.body for _, answer in read_answers(mended)] == [b"one"]


def test_a_file_that_a_living_run_writes_is_left_alone(tmp_path: Path) -> None:
    writer = writing.ArchiveWriter(tmp_path, "rfi-1")
    record(writer, b"one")
    writing.mend(tmp_path)
    record(writer, b"two")
    writer.close()
    (file,) = tmp_path.iterdir()
    assert [answer.body for _, answer in read_answers(file)] == [b"one", b"two"]
