"""Presigned files: streamed, length checked, resumed with a fresh URL, kept whole."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from building import dump, heading, markdown, page, result, text
from loopback import JOB_ID, Loopback, Scene, answer, cut, loopback, reset
from parsestrata.api.client import ParseClient, results
from parsestrata.api.client.connection import PIECE
from parsestrata.errors import ConfigError, DownloadError, ResponseError, StoreError

KEY = "llx-a-very-secret-key"
ITEMS = dump({"pages": [page(1, heading("Water"), text("It is wet. " * 300))]})
METADATA = dump({"pages": [{"page_number": 1, "confidence": 0.9}]})
EXPIRED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"

Router = dict[str, list[Scene]]


class Cloud:
    """An API and a host of files, each with its scenes; the last one stays."""

    def __init__(self) -> None:
        self.files: Router = {}
        self.links: dict[str, Any] = {}
        self.images: list[dict[str, Any]] = []
        self.server = Loopback()
        self.signed = 0

    def scene(self, handler: Any, asked: Any) -> None:
        if asked.path.startswith("/files/"):
            scenes = self.files[asked.path]
            (scenes.pop(0) if len(scenes) > 1 else scenes[0])(handler, asked)
            return
        self.signed += 1
        answer(body=self.envelope(asked.query.get("expand", [])))(handler, asked)

    def envelope(self, expand: list[str]) -> dict[str, Any]:
        made = result(page(1), markdown=markdown((1, "# Water")))
        for name in ("items", "metadata", "markdown"):
            if name not in expand:
                made[name] = None
        if any(name.endswith("_content_metadata") for name in expand):
            made["result_content_metadata"] = {
                name: {**entry, "presigned_url": self.sign(f"/files/{name}")}
                for name, entry in self.links.items()
            }
        if "images_content_metadata" in expand:
            listed = [
                {**one, "presigned_url": self.sign(f"/files/{one['filename']}")}
                for one in self.images
            ]
            made["images_content_metadata"] = {"total_count": 9, "images": listed}
        return made

    def sign(self, path: str) -> str:
        return f"{self.server.url}{path}?Signature=hidden{self.signed}"

    def offer(self, key: str, data: bytes, *scenes: Scene, size: int = 0) -> None:
        self.links[key] = {"size_bytes": size or len(data), "exists": True}
        self.files[f"/files/{key}"] = [*scenes, ranged(data)]

    @property
    def downloads(self) -> list[Any]:
        return [one for one in self.server.asked if one.path.startswith("/files/")]


def ranged(data: bytes, tag: str = '"v1"') -> Scene:
    """Serve a file, from an offset when asked to."""

    def scene(handler: Any, asked: Any) -> None:
        span = asked.headers.get("range")
        if span is None or asked.headers.get("if-range", tag) != tag:
            answer(200, data, {"ETag": tag})(handler, asked)
            return
        start = int(span.removeprefix("bytes=").rstrip("-"))
        if start >= len(data):
            answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})(handler, asked)
            return
        where = f"bytes {start}-{len(data) - 1}/{len(data)}"
        headers = {"Content-Range": where, "ETag": tag}
        answer(206, data[start:], headers)(handler, asked)

    return scene


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    with loopback(made.scene) as server:
        made.server = server
        yield made


@pytest.fixture
def client(cloud: Cloud) -> Iterator[ParseClient]:
    with ParseClient(KEY, cloud.server.url, sleep=lambda _: None) as made:
        yield made


def read_presigned(client: ParseClient, *expand: str) -> dict[str, Any]:
    wanted = expand or ("items", "metadata")
    with client.fetch(JOB_ID, wanted, transfer="presigned") as body:
        return json.loads(body.read())


@pytest.mark.parametrize(
    ("items", "metadata"), [("items", "metadata"), ("json", "metadata")]
)
def test_a_result_is_put_together_from_its_files(
    cloud: Cloud, client: ParseClient, items: str, metadata: str
) -> None:
    cloud.offer(items, ITEMS)
    cloud.offer(metadata, METADATA)

    found = read_presigned(client)

    assert found["items"] == json.loads(ITEMS)
    assert found["metadata"] == json.loads(METADATA)
    assert found["job"]["id"] == JOB_ID
    assert "hidden" not in json.dumps(found)


def test_what_has_no_file_by_page_comes_inline(
    cloud: Cloud, client: ParseClient
) -> None:
    cloud.offer("items", ITEMS)
    cloud.offer("metadata", METADATA)

    found = read_presigned(client, "items", "markdown", "metadata")

    assert found["markdown"]["pages"][0]["markdown"] == "# Water"
    assert found["items"] == json.loads(ITEMS)


def test_no_key_goes_to_the_host_of_files(cloud: Cloud, client: ParseClient) -> None:
    cloud.offer("items", ITEMS)
    cloud.offer("metadata", METADATA)

    read_presigned(client)

    assert len(cloud.downloads) == 2
    assert all("authorization" not in one.headers for one in cloud.downloads)


def test_files_that_are_not_listed_come_inline(
    cloud: Cloud, client: ParseClient
) -> None:
    found = read_presigned(client)

    assert cloud.downloads == []
    assert found["items"]["pages"][0]["page_number"] == 1


FAULTS: dict[str, Callable[[bytes], Scene]] = {
    "reset": lambda _: reset,
    "cut": lambda data: cut(data, len(data) // 2),
    "cut and not announced": lambda data: cut(data, len(data) // 2, announce=False),
    "500": lambda _: answer(500),
    "503": lambda _: answer(503, headers={"Retry-After": "1"}),
    "expired": lambda _: answer(403, EXPIRED),
}


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", FAULTS)
def test_a_file_is_whole_after_any_two_faults(
    cloud: Cloud, client: ParseClient, first: str, second: str
) -> None:
    cloud.offer("items", ITEMS, FAULTS[first](ITEMS), FAULTS[second](ITEMS))
    cloud.offer("metadata", METADATA)

    found = read_presigned(client)

    assert found["items"] == json.loads(ITEMS)


def test_a_url_that_expires_midway_is_renewed_and_resumed(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    large = bytes(range(256)) * (3 * PIECE // 256)
    cloud.offer("xlsx", large, cut(large, 2 * PIECE + 9), answer(403, EXPIRED))

    path = client.download_result(JOB_ID, "xlsx", tmp_path / "tables.xlsx")

    assert path.read_bytes() == large
    ranges = [one.headers.get("range") for one in cloud.downloads]
    assert ranges == [None, f"bytes={2 * PIECE}-", f"bytes={2 * PIECE}-"]
    signatures = [one.query["Signature"] for one in cloud.downloads]
    assert signatures[0] == signatures[1] != signatures[2]


def test_a_file_that_changed_midway_begins_again(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    other = ITEMS.replace(b"wet", b"dry")
    cloud.offer("items", ITEMS)

    def tagged(handler: Any, _asked: Any) -> None:
        handler.send_response(200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Content-Length", str(len(ITEMS)))
        handler.end_headers()
        handler.wfile.write(ITEMS[:500])
        handler.close_connection = True

    cloud.files["/files/items"] = [tagged, ranged(other, '"v2"')]
    path = client.download_result(JOB_ID, "items", tmp_path / "items.json")

    assert path.read_bytes() == other


@pytest.mark.parametrize("size", [len(ITEMS) - 10, len(ITEMS) + 10])
def test_a_file_of_another_length_than_announced_is_no_file(
    cloud: Cloud, client: ParseClient, tmp_path: Path, size: int
) -> None:
    cloud.offer("items", ITEMS, size=size)

    with pytest.raises(DownloadError):
        client.download_result(JOB_ID, "items", tmp_path / "items.json")

    assert list(tmp_path.iterdir()) == []


def test_a_url_refused_again_and_again_is_a_download_error(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    cloud.offer("items", ITEMS)
    cloud.files["/files/items"] = [answer(403, EXPIRED)]

    with pytest.raises(DownloadError, match="expired or is refused") as caught:
        client.download_result(JOB_ID, "items", tmp_path / "items.json")

    assert caught.value.status == 403
    assert "hidden" not in f"{caught.value!r}{caught.value}{caught.value.__cause__}"
    assert len(cloud.downloads) == 4
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_always_breaks_off_is_a_download_error(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    cloud.offer("items", ITEMS)
    cloud.files["/files/items"] = [reset]

    with pytest.raises(DownloadError, match="broke") as caught:
        client.download_result(JOB_ID, "items", tmp_path / "items.json")

    assert "hidden" not in f"{caught.value!r}{caught.value}{caught.value.__context__}"


def test_a_missing_file_says_which(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    cloud.links["xlsx"] = {"size_bytes": 0, "exists": False}

    with pytest.raises(DownloadError, match="no xlsx file"):
        client.download_result(JOB_ID, "xlsx", tmp_path / "tables.xlsx")


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("markdown", "md"),
        ("text", "fullText"),
        ("output_pdf", "outputPDF"),
        ("grounded_items", "grounded_items"),
        ("raw_words", "rawWords"),
    ],
)
def test_a_file_is_found_under_the_keys_it_has_been_seen_by(
    cloud: Cloud, client: ParseClient, tmp_path: Path, kind: str, key: str
) -> None:
    cloud.offer(key, b"the file")

    path = client.download_result(JOB_ID, kind, tmp_path / "file")

    assert path.read_bytes() == b"the file"


def test_an_unknown_kind_is_named_before_any_request(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="output_pdf"):
        client.download_result(JOB_ID, "docx", tmp_path / "file")

    assert cloud.server.asked == []


def test_images_are_downloaded_in_the_order_of_the_list(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    for number in range(20):
        name = f"page_{number}.jpg"
        cloud.images.append({"filename": name, "index": number})
        cloud.files[f"/files/{name}"] = [answer(403, EXPIRED), ranged(name.encode())]

    paths = client.download_images(JOB_ID, tmp_path / "images")

    assert [path.read_bytes() for path in paths] == [p.name.encode() for p in paths]
    assert [path.name for path in paths] == [f"page_{n}.jpg" for n in range(20)]


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/x", "a\\b", "..", "", "a\x00b"])
def test_an_image_is_never_written_outside_its_folder(
    cloud: Cloud, client: ParseClient, tmp_path: Path, name: str
) -> None:
    cloud.images.append({"filename": name, "index": 0})

    with pytest.raises(ResponseError, match="no plain file name"):
        client.download_images(JOB_ID, tmp_path / "images")

    assert list(tmp_path.rglob("*")) == []


def test_a_target_that_cannot_be_written_is_a_store_error(
    cloud: Cloud, client: ParseClient, tmp_path: Path
) -> None:
    cloud.offer("items", ITEMS)
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="cannot be written"):
        client.download_result(JOB_ID, "items", tmp_path / "file" / "items.json")


@pytest.mark.parametrize("way", ["announced", "broken off"])
def test_a_large_answer_comes_by_files_when_it_may(
    cloud: Cloud,
    client: ParseClient,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    cloud.offer("items", ITEMS)
    cloud.offer("metadata", METADATA)
    large = dump(result(page(1, text("x" * 2_000_000))))
    inline = {
        "announced": answer(body=large),
        "broken off": cut(large, 1_900_000, announce=False),
    }[way]
    if way == "announced":
        monkeypatch.setattr(results, "PRESIGNED_ABOVE", 1_000_000)
    cloud.server.scenes[:] = [inline, cloud.scene]

    with client.fetch(JOB_ID, ("items", "metadata")) as body:
        found = json.loads(body.read())

    assert found["items"] == json.loads(ITEMS)
    assert len(cloud.downloads) == 2
