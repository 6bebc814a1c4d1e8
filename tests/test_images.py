"""Images of chunks as Documents and nodes of their own, and where their files are."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter
from llama_index.core.schema import (
    ImageNode,
    MetadataMode,
    NodeRelationship,
    RelatedNodeInfo,
)

import building as b
from parsestrata import Options, Provenance, Region, chunk
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import ConfigError, ParseStrataWarning, SourceError
from parsestrata.langchain import LlamaParseLoader, chunk_key, image_documents
from parsestrata.llama_index import LlamaParseReader, image_nodes
from parsestrata.sources.local.parsing import parse_document

pytestmark = pytest.mark.needs("langchain", "llama-index", "dev")


MAP, PUMP = "page_1_image_1_v2.jpg", "page_2_image_1_v2.jpg"
OTHER_JOB = "pjb-" + "b" * 30


def report(name: str = "water.pdf", **job: Any) -> b.Json:
    """Make a result of two figures, the second one on the second page of its chunk."""
    made = b.result(
        b.page(
            1,
            b.heading("Water"),
            b.heading("Rivers", 2),
            b.image("Map of rivers", MAP),
            b.text(b.words(20)),
        ),
        b.page(2, b.text(b.words(30)), b.image("A pump", PUMP)),
        name=name,
    )
    made["job"] |= job
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with files of both names, which hold no image at all."""
    for name in (MAP, PUMP):
        (tmp_path / name).write_text("no pixels")
    return tmp_path


def load(source: Any, **options: Any) -> list[Document]:
    return LlamaParseLoader(source, **options).load()


def load_nodes(source: Any, **options: Any) -> list[Any]:
    return LlamaParseReader(**options).load_nodes(source)


each_profile = pytest.mark.parametrize("profile", ["flat", "rich"])


# What they say


@each_profile
def test_a_document_of_an_image_says_its_path_caption_and_file(
    folder: Path, profile: Any
) -> None:
    images = image_documents(load(report(), metadata=profile), folder)

    assert [one.page_content for one in images] == [
        "Water > Rivers\n\nMap of rivers",
        "Water > Rivers\n\nA pump",
    ]
    paths = [one.metadata["image_path"] for one in images]
    assert paths == [str(folder / MAP), str(folder / PUMP)]


@each_profile
def test_an_image_node_says_caption_file_and_kind(folder: Path, profile: Any) -> None:
    images = image_nodes(load_nodes(report(), metadata=profile), folder)

    assert all(type(one) is ImageNode for one in images)
    assert [one.text for one in images] == ["Map of rivers", "A pump"]
    assert [one.image_path for one in images] == [
        str(folder / MAP),
        str(folder / PUMP),
    ]
    assert {one.image_mimetype for one in images} == {"image/jpeg"}
    assert {(one.image, one.image_url) for one in images} == {(None, None)}
    for mode in (MetadataMode.EMBED, MetadataMode.LLM):
        assert [one.get_content(mode) for one in images] == [
            "Water > Rivers\n\nMap of rivers",
            "Water > Rivers\n\nA pump",
        ]


@each_profile
def test_both_adapters_give_the_same_ids_and_metadata(
    folder: Path, profile: Any
) -> None:
    documents = image_documents(load(report(), metadata=profile), folder)
    nodes = image_nodes(load_nodes(report(), metadata=profile), folder)

    assert [one.id for one in documents] == [one.node_id for one in nodes]
    assert [one.metadata for one in documents] == [one.metadata for one in nodes]


@each_profile
def test_metadata_are_those_of_the_chunk_with_page_and_box_of_the_image(
    profile: Any,
) -> None:
    [document] = load(report(), metadata=profile, extra_metadata={"team": "blue"})
    [_, pump] = image_documents([document])

    assert tuple(pump.metadata) == (*KEYS, "team", "image_path", "parent_id")
    assert pump.metadata["parent_id"] == document.id
    assert json.loads(json.dumps(pump.metadata)) == pump.metadata
    of_chunk = Provenance.from_metadata(document.metadata)
    of_image = Provenance.from_metadata(pump.metadata)
    [item] = [one for one in report()["items"]["pages"][1]["items"] if "url" in one]
    box = item["bbox"][0]
    assert of_image.chunk_id == pump.id
    assert (of_image.page_number, of_image.page_end) == (2, 2)
    assert of_image.regions == (
        Region(
            page_number=2,
            x=box["x"],
            y=box["y"],
            width=box["w"],
            height=box["h"],
            page_width=b.PAGE_WIDTH,
            page_height=b.PAGE_HEIGHT,
        ),
    )
    assert of_image.item_types == ("image",)
    assert [one.caption for one in of_image.images] == ["A pump"]
    for name in ("source", "job_id", "file_name", "heading", "heading_path"):
        assert getattr(of_image, name) == getattr(of_chunk, name)


def test_flat_metadata_stay_flat() -> None:
    for document in image_documents(load(report())):
        assert {type(v) for v in document.metadata.values()} <= {str, int, float, bool}


def test_relations_lead_to_the_document_and_the_chunk() -> None:
    nodes = load_nodes(report())

    images = image_nodes(nodes)

    for one in images:
        parent = one.relationships[NodeRelationship.PARENT]
        assert isinstance(parent, RelatedNodeInfo)
        assert parent.node_id == nodes[0].node_id
        assert one.ref_doc_id == nodes[0].ref_doc_id
        assert parent.metadata == {}


def test_the_source_of_an_image_of_a_document_is_the_document() -> None:
    [document] = LlamaParseReader().load_data(report())

    [image, _] = image_nodes([document])

    assert image.ref_doc_id == document.id_


def test_ids_are_distinct_and_equal_over_runs(folder: Path) -> None:
    first = image_documents(load([report("a.pdf"), report("b.pdf", id=OTHER_JOB)]))
    again = image_documents(load([report("a.pdf"), report("b.pdf", id=OTHER_JOB)]))

    assert len({one.id for one in first}) == len(first) == 4
    assert first == again
    assert [chunk_key(one) for one in first] == [one.id for one in first]
    with_files = image_documents(load(report("a.pdf")), folder)
    assert [one.id for one in with_files] == [one.id for one in first[:2]]


@pytest.mark.parametrize(
    ("items", "captions"),
    [
        ([b.image(), b.text("Fig. 1", label="caption")], ["Fig. 1"]),
        ([b.text("Fig. 1", label="caption"), b.image()], ["Fig. 1"]),
        ([b.image("Own"), b.text("Fig. 1", label="caption")], ["Own"]),
        (
            [b.image(), b.text("Fig. 1", label="caption"), b.image()],
            ["Fig. 1", "page_1_image_1_v2.jpg"],
        ),
        ([b.image(), b.text("Just text.")], ["page_1_image_1_v2.jpg"]),
        ([b.text("See ![a plan](plan.png).")], ["a plan"]),
    ],
    ids=["below", "above", "own", "between", "none", "within a text"],
)
def test_a_caption_is_the_parsers_or_that_of_the_text_beside(
    items: list[Any], captions: list[str]
) -> None:
    images = image_documents(load(b.result(b.page(1, *items))))

    assert [one.page_content for one in images] == captions


def test_without_a_caption_the_heading_path_is_what_is_embedded() -> None:
    result = b.result(b.page(1, b.heading("Water"), b.image()))

    [document] = image_documents(load(result))
    [node] = image_nodes(load_nodes(result))

    assert document.page_content == "Water"
    assert node.get_content(MetadataMode.EMBED) == "Water"


# Which ones


@pytest.mark.parametrize(
    "name",
    ["image", "", "https://a.example/x.png", "../../etc/passwd", "..", "a\0b", "C:x"],
    ids=["placeholder", "none", "address", "path", "parent", "nul", "drive"],
)
def test_what_is_no_file_of_the_result_is_left_out(name: str, folder: Path) -> None:
    result = b.result(b.page(1, b.image("Map", name), b.image("Pump", PUMP)))

    images = image_documents(load(result), folder)

    assert [Path(one.metadata["image_path"]).name for one in images] == [PUMP]


def test_an_image_in_several_pieces_of_a_chunk_comes_once() -> None:
    splitter = RecursiveCharacterTextSplitter(chunk_size=60, chunk_overlap=0)
    pieces = splitter.split_documents(load(report()))

    images = image_documents(pieces)

    assert len(pieces) > 2
    assert images == image_documents(load(report()))


def test_an_image_in_a_text_that_was_split_comes_once() -> None:
    words = f"![a plan](plan.png) {b.words(400)}"
    documents = load(b.result(b.page(1, b.text(words))), max_tokens=100)

    images = image_documents(documents)

    assert len(documents) > 3
    assert len(images) == 1


def test_one_image_on_two_pages_is_two_places() -> None:
    logo = [b.page(number, b.image("Logo", "logo.png")) for number in (1, 2)]

    images = image_documents(load(b.result(*logo)))

    assert [one.metadata["page_number"] for one in images] == [1, 2]
    assert len({one.id for one in images}) == 2


def test_images_that_the_budget_took_the_box_of_have_that_of_the_chunk() -> None:
    pages = b.page(1, *[b.image(f"Plan {n}", f"plan_{n}.png") for n in range(8)])

    [document] = load(b.result(pages), metadata_budget=400)
    images = image_documents([document])

    assert len(images) == 8
    assert {one.metadata["bbox"] for one in images} == {document.metadata["bbox"]}


def test_chunks_without_images_give_none(folder: Path) -> None:
    result = b.result(b.page(1, b.text("Water.")))

    assert image_documents(load(result), folder) == []
    assert image_nodes(load_nodes(result), folder) == []
    assert image_documents([], folder) == []


def test_metadata_of_others_are_refused() -> None:
    document = Document(page_content="x", metadata={"images": "a.png", "source": "x"})

    with pytest.raises(ConfigError):
        image_documents([document])


# Where the files are


def test_a_missing_file_is_an_error_that_names_it(folder: Path) -> None:
    (folder / PUMP).unlink()

    with pytest.raises(
        SourceError, match=rf"1 of 2 images are not there: {PUMP}\..*download_images"
    ):
        image_documents(load(report()), folder)


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none: 2 of 2 images"):
        image_nodes(load_nodes(report()), tmp_path / "none")


def test_a_missing_file_may_be_warned_of(folder: Path) -> None:
    (folder / PUMP).unlink()

    with pytest.warns(ParseStrataWarning, match=PUMP) as warned:
        documents = image_documents(load(report()), folder, on_missing="warn")
    with pytest.warns(ParseStrataWarning, match=PUMP):
        nodes = image_nodes(load_nodes(report()), str(folder), on_missing="warn")

    assert [one.metadata["image_path"] for one in documents] == [str(folder / MAP), ""]
    assert [one.image_path for one in nodes] == [str(folder / MAP), None]
    assert warned[0].filename == __file__


def test_without_a_folder_nothing_is_looked_for() -> None:
    assert {one.metadata["image_path"] for one in image_documents(load(report()))} == {
        ""
    }
    assert {one.image_path for one in image_nodes(load_nodes(report()))} == {None}


def two_jobs() -> list[Any]:
    return [report("a.pdf"), report("b.pdf", id=OTHER_JOB)]


def test_files_of_several_jobs_lie_in_a_folder_for_each(tmp_path: Path) -> None:
    expected = []
    for result in two_jobs():
        place = tmp_path / result["job"]["id"]
        place.mkdir()
        for name in (MAP, PUMP):
            (place / name).write_text("no pixels")
            expected.append(str(place / name))

    images = image_documents(load(two_jobs()), tmp_path)

    assert [one.metadata["image_path"] for one in images] == expected


def test_files_of_two_jobs_in_one_folder_are_never_taken_for_one_another(
    folder: Path,
) -> None:
    with pytest.raises(ConfigError, match=OTHER_JOB):
        image_documents(load(two_jobs()), folder)


def test_files_that_the_local_engine_writes_are_found(
    tmp_path: Path, shipped_pdf: Path
) -> None:
    figures = tmp_path / "figures"
    result = parse_document(shipped_pdf, Options(), images=figures)

    images = image_nodes(load_nodes(result), figures)

    named = {Path(one.image_path or "").name for one in images}
    assert named == {path.name for path in figures.iterdir()}
    in_chunks = {image for one in chunk(result) for image in one.images}
    assert len(images) == len({image for image in in_chunks if image.file_name})
