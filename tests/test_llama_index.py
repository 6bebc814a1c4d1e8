"""The LlamaIndex reader and node parser."""

import asyncio
import io
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import (
    BaseNode,
    Document,
    MetadataMode,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)

import building as b
from parsestrata import chunk, contextualize
from parsestrata.chunking.metadata import KEYS
from parsestrata.errors import (
    ConfigError,
    FailedSourcesError,
    MalformedJSONError,
    MissingExtraError,
    ParseStrataWarning,
    SourceError,
)
from parsestrata.llama_index import HeadingNodeParser, LlamaParseReader, document_id
from parsestrata.options import Context, Options, Split

pytestmark = pytest.mark.needs("llama-index")

SPLITS: tuple[Split, ...] = get_args(Split)
CONTEXTS: tuple[Context, ...] = get_args(Context)
RESERVED = {"doc_id", "document_id", "ref_doc_id", "_node_content", "_node_type"}
SECRET = "llx-very-secret"  # noqa: S105 - it opens nothing

REPORT = b.result(
    b.page(
        1,
        b.heading("Water"),
        b.text(b.words(120)),
        b.heading("Use {of} it", 2),
        b.text(b.words(120, "tap")),
    ),
    b.page(2, b.text(b.words(130, "use")), b.heading("Loss", 3)),
    b.page(3, b.text(b.words(130, "leak")), b.heading("Air"), b.text(b.words(120))),
    name="water.pdf",
    markdown=b.markdown((1, "# Water"), (2, "use"), (3, "# Air")),
)
"""Two roots, a section over two pages and three levels; with items and markdown."""

OTHER = b.result(
    b.page(1, b.heading("Soil"), b.text(b.words(120, "soil"))), name="soil.pdf"
)


def count_words(text: str) -> int:
    return len(text.split())


def without_job(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "job": None}


def related(node: BaseNode, relation: NodeRelationship) -> list[RelatedNodeInfo]:
    found = node.relationships.get(relation, [])
    return found if isinstance(found, list) else [found]


def related_ids(node: BaseNode, relation: NodeRelationship) -> list[str]:
    return [info.node_id for info in related(node, relation)]


def texts(nodes: Iterable[BaseNode], mode: MetadataMode) -> list[str]:
    return [node.get_content(mode) for node in nodes]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "water.json"
    path.write_bytes(b.dump(REPORT))
    return path


@pytest.mark.parametrize("split", SPLITS)
def test_documents_of_real_results_say_what_the_chunks_say(
    real_file: Path, split: Split
) -> None:
    reader = LlamaParseReader(split=split)

    documents = reader.load_data(real_file)

    chunks = list(chunk(real_file, split=split))
    assert [d.text for d in documents] == [c.body for c in chunks]
    expected = [contextualize(c).strip() for c in chunks]
    assert [t.strip() for t in texts(documents, MetadataMode.EMBED)] == expected
    assert [t.strip() for t in texts(documents, MetadataMode.LLM)] == expected
    reader.report.verify()


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("profile", ["flat", "rich"])
def test_the_embedded_text_is_the_chunk_in_context(
    real_file: Path, context: Context, profile: Any
) -> None:
    options = {"context": context, "metadata": profile}

    nodes = LlamaParseReader(**options).load_nodes(real_file)

    expected = [contextualize(c) for c in chunk(real_file, context=context)]
    assert texts(nodes, MetadataMode.EMBED) == expected
    assert texts(nodes, MetadataMode.LLM) == expected


@pytest.mark.parametrize(
    "name",
    ["{braces}.pdf", " spaced  out .pdf", "a > b.pdf", "名前.pdf", None, "n" * 300],
    ids=["braces", "spaces", "separator", "cjk", "none", "long"],
)
@pytest.mark.parametrize(
    "title",
    ["{0} and {value}", "A > B", "Deep " * 40, "Water", "%s \\{}"],
    ids=["braces", "separator", "long", "plain", "escapes"],
)
def test_odd_names_and_titles_reach_the_embedded_text_whole(
    name: str | None, title: str
) -> None:
    result = b.result(b.page(1, b.heading(title), b.text("Some water.")), name=name)

    nodes = LlamaParseReader(metadata_budget=60).load_nodes(result)

    expected = [contextualize(c) for c in chunk(result, metadata_budget=60)]
    assert texts(nodes, MetadataMode.EMBED) == expected
    assert texts(nodes, MetadataMode.LLM) == expected


@pytest.mark.parametrize("split", SPLITS)
def test_metadata_are_dense_and_use_no_reserved_key(
    real_file: Path, split: Split
) -> None:
    documents = LlamaParseReader(split=split).load_data(real_file)

    for document in documents:
        assert tuple(document.metadata) == KEYS
        assert not RESERVED & set(document.metadata)
        assert json.loads(json.dumps(document.metadata)) == document.metadata


@pytest.mark.parametrize("split", SPLITS)
def test_ids_are_uuids_and_equal_over_runs(real_file: Path, split: Split) -> None:
    reader = LlamaParseReader(split=split)

    first, second = reader.load_data(real_file), reader.load_data(real_file)

    ids = [document.id_ for document in first]
    assert [str(UUID(one)) for one in ids] == ids
    assert len(set(ids)) == len(ids)
    assert [d.to_dict() for d in first] == [d.to_dict() for d in second]
    assert [d.hash for d in first] == [d.hash for d in second]


@pytest.mark.parametrize("split", ["document", "result"])
def test_a_whole_document_keeps_its_id_when_it_changes(split: Any) -> None:
    reader = LlamaParseReader(split=split)
    changed = json.loads(b.dump(REPORT).replace(b"leak", b"drip"))
    changed["markdown"] = b.markdown((1, "# Water, again"))

    [before], [after] = reader.load_data(REPORT), reader.load_data(changed)

    assert before.id_ == after.id_ == document_id("water.pdf", Options())
    assert before.hash != after.hash


@pytest.mark.parametrize("split", SPLITS)
def test_each_way_to_load_gives_the_same_documents(saved: Path, split: Split) -> None:
    reader = LlamaParseReader(split=split)

    async def awaited() -> Sequence[Document]:
        return list(await reader.alazy_load_data(saved))

    async def streamed() -> Sequence[Document]:
        return [document async for document in reader.astream_data(saved)]

    expected = list(reader.lazy_load_data(saved))
    assert reader.load_data(saved) == expected
    assert asyncio.run(reader.aload_data(saved)) == expected
    assert asyncio.run(awaited()) == expected
    assert asyncio.run(streamed()) == expected


@pytest.mark.parametrize("way", ["aload_data", "alazy_load_data"])
def test_async_loading_works_in_another_thread(saved: Path, way: str) -> None:
    threads = set()

    def count(text: str) -> int:
        threads.add(threading.get_ident())
        return len(text.split())

    reader = LlamaParseReader(count_tokens=count)

    documents = asyncio.run(getattr(reader, way)(saved))

    assert documents
    assert threading.get_ident() not in threads


def test_extra_info_comes_last_and_leaves_the_contract_alone() -> None:
    extra = {"heading_path": "x", "file_name": "y", "team": "blue", "page_number": 99}

    documents = LlamaParseReader().load_data(REPORT, extra_info=extra)
    nodes = LlamaParseReader().load_nodes(REPORT, extra_info=extra)

    expected = [contextualize(c) for c in chunk(REPORT)]
    for made in (documents, nodes):
        assert all(tuple(node.metadata) == (*KEYS, "team") for node in made)
        assert all(node.metadata["page_number"] < 99 for node in made)
        assert texts(made, MetadataMode.EMBED) == expected


def test_good_sources_are_loaded_before_a_wrong_one_is_told(saved: Path) -> None:
    documents: list[Document] = []

    with pytest.raises(FailedSourcesError, match=r"missing\.json: there is no such"):
        documents.extend(LlamaParseReader().lazy_load_data(["missing.json", saved]))

    assert documents == LlamaParseReader().load_data(saved)


def test_a_failed_job_can_be_reported_and_the_others_loaded(saved: Path) -> None:
    reader = LlamaParseReader(on_failed_job="report")

    nodes = reader.load_nodes([b"", saved, b""])

    assert [n.id_ for n in nodes] == [
        n.id_ for n in LlamaParseReader().load_nodes(saved)
    ]
    assert len(reader.report.failed_jobs) == 2


def test_the_key_is_in_no_dump_and_survives_pickling() -> None:
    reader = LlamaParseReader(api_key=SECRET)
    parser = HeadingNodeParser(api_key=SECRET)

    for one in (reader, parser):
        dumps = [
            str(one.to_dict()),
            one.to_json(),
            repr(one),
            str(one),
            one.model_dump_json(),
            repr(one.options),
            str(one.model_dump()),
        ]
        assert not [dump for dump in dumps if SECRET in dump]
        again = pickle.loads(pickle.dumps(one))
        assert again.options.find_api_key() == SECRET
        assert again.options == one.options


@pytest.mark.parametrize("kind", [LlamaParseReader, HeadingNodeParser])
def test_to_dict_and_back_gives_the_same_options(kind: Any) -> None:
    made = kind(
        max_tokens=300, context="path", metadata="rich", extra_metadata={"team": "blue"}
    )

    again = kind.from_dict(made.to_dict())
    from_json = kind.from_json(made.to_json())

    assert again.options == from_json.options == made.options
    assert made.to_dict()["class_name"] == kind.__name__


def test_node_parser_settings_survive_to_dict_and_pickling() -> None:
    parser = HeadingNodeParser(
        include_prev_next_rel=False, include_metadata=False, max_tokens=200
    )

    for again in (
        HeadingNodeParser.from_dict(parser.to_dict()),
        pickle.loads(pickle.dumps(parser)),
        parser.model_copy(deep=True),
    ):
        assert again.include_prev_next_rel is False
        assert again.include_metadata is False
        assert again.options.max_tokens == 200


def test_whole_options_and_single_ones_go_together() -> None:
    options = Options(max_tokens=300, context="path")

    reader = LlamaParseReader(options=options, split="page")

    assert reader.options == Options(max_tokens=300, context="path", split="page")


@pytest.mark.parametrize("kind", [LlamaParseReader, HeadingNodeParser])
def test_a_wrong_option_is_told_at_construction(kind: Any) -> None:
    with pytest.raises(ConfigError, match="did you mean max_tokens"):
        kind(max_token=5)
    with pytest.raises(ConfigError, match="split='section'"):
        kind(options={"split": "section"})


@pytest.mark.parametrize("kind", [LlamaParseReader, HeadingNodeParser])
def test_a_counter_that_cannot_be_pickled_is_told(kind: Any) -> None:
    made = kind(count_tokens=lambda text: text.count(" "))

    with pytest.raises(ConfigError, match="top level of a module"):
        pickle.dumps(made)


def test_a_counter_of_a_module_survives_pickling() -> None:
    reader = LlamaParseReader(count_tokens=count_words)

    again = pickle.loads(pickle.dumps(reader))

    assert again.options.count_tokens is count_words


def test_a_sentence_splitter_after_it_raises_nowhere(real_file: Path) -> None:
    documents = LlamaParseReader(max_tokens=2000).load_data(real_file)
    splitter = SentenceSplitter(
        chunk_size=512,
        chunking_tokenizer_fn=str.splitlines,  # its own downloads data in some releases
    )

    nodes = splitter.get_nodes_from_documents(documents)

    assert len(nodes) >= len(documents)
    assert {node.metadata["chunk_id"] for node in nodes} == {d.id_ for d in documents}


def assert_sound(nodes: Sequence[BaseNode]) -> None:
    """Check the relations of one document's nodes against each other."""
    ids = [node.node_id for node in nodes]
    by_id = dict(zip(ids, nodes, strict=True))
    assert len(by_id) == len(nodes)
    for number, node in enumerate(nodes):
        before = ids[number - 1 : number] if number else []
        assert related_ids(node, NodeRelationship.PREVIOUS) == before
        assert related_ids(node, NodeRelationship.NEXT) == ids[number + 1 : number + 2]
        for parent in related_ids(node, NodeRelationship.PARENT):
            assert ids.index(parent) < number
            assert node.node_id in related_ids(by_id[parent], NodeRelationship.CHILD)
            above = by_id[parent].metadata["heading_path"]
            below = node.metadata["heading_path"]
            assert not above or below.startswith(f"{above} > ")
        for child in related_ids(node, NodeRelationship.CHILD):
            assert related_ids(by_id[child], NodeRelationship.PARENT) == [node.node_id]
        for relation in node.relationships:
            assert all(not info.metadata for info in related(node, relation))
            assert node.node_id not in related_ids(node, relation)


@pytest.mark.parametrize("split", ["chunk", "item", "page"])
def test_relations_of_real_results_are_sound(real_file: Path, split: Any) -> None:
    nodes = LlamaParseReader(split=split).load_nodes(real_file)

    assert_sound(nodes)
    sources = {tuple(related_ids(node, NodeRelationship.SOURCE)) for node in nodes}
    assert sources == {(document_id(nodes[0].metadata["source"], Options()),)}


def test_parents_follow_the_headings() -> None:
    nodes = LlamaParseReader(min_tokens=0).load_nodes(REPORT)

    paths = {node.node_id: node.metadata["heading_path"] for node in nodes}
    above = {
        paths[node.node_id]: paths[parent]
        for node in nodes
        for parent in related_ids(node, NodeRelationship.PARENT)
    }
    assert above == {
        "Water > Use {of} it": "Water",
        "Water > Use {of} it > Loss": "Water > Use {of} it",
    }
    assert_sound(nodes)


def test_two_documents_have_two_sources_and_no_links_between_them() -> None:
    nodes = LlamaParseReader().load_nodes([REPORT, OTHER])

    by_source: dict[str, list[BaseNode]] = {}
    for node in nodes:
        by_source.setdefault(node.ref_doc_id or "", []).append(node)
    assert len(by_source) == 2
    for own in by_source.values():
        assert_sound(own)
        assert len({node.metadata["source"] for node in own}) == 1


def test_a_table_is_in_a_node_once_and_not_in_its_relations() -> None:
    rows = [["Year", "Use"], *([year, "x" * 20] for year in range(2000, 2100))]
    result = b.result(
        b.page(1, b.heading("Use"), b.text(b.words(150))),
        b.page(2, b.heading("Table"), b.table(rows)),
        b.page(3, b.heading("Loss"), b.text(b.words(150))),
    )

    nodes = LlamaParseReader(max_tokens=4000).load_nodes(result)

    for node in nodes:
        own = len(node.text) + len(json.dumps(node.metadata))
        assert len(node.to_json()) < 1.2 * own + 3000
    assert any(node.metadata["table_csv"] for node in nodes)


def parse(documents: Sequence[Document], **options: Any) -> list[BaseNode]:
    return HeadingNodeParser(**options).get_nodes_from_documents(documents)


def read_raw(source: Any, **options: Any) -> list[Document]:
    return LlamaParseReader(split="result", **options).load_data(source)


def test_parsing_later_gives_the_nodes_of_the_reader(real_file: Path) -> None:
    raw = read_raw(real_file)

    nodes = parse(raw)

    expected = LlamaParseReader().load_nodes(real_file)
    assert [n.node_id for n in nodes] == [n.node_id for n in expected]
    assert [n.metadata for n in nodes] == [n.metadata for n in expected]
    assert texts(nodes, MetadataMode.EMBED) == texts(expected, MetadataMode.EMBED)
    assert {n.ref_doc_id for n in nodes} == {raw[0].id_} == {expected[0].ref_doc_id}
    assert_sound(nodes)


def test_a_parser_keeps_what_a_user_put_on_a_document() -> None:
    [raw] = read_raw(REPORT)
    raw.metadata |= {"team": "blue", "page_number": 99}

    nodes = parse([raw])

    assert all(tuple(node.metadata) == (*KEYS, "team") for node in nodes)
    assert all(node.metadata["page_number"] < 99 for node in nodes)
    assert texts(nodes, MetadataMode.EMBED) == [contextualize(c) for c in chunk(REPORT)]


def test_without_metadata_only_those_of_the_document_stay_out(tmp_path: Path) -> None:
    path = tmp_path / "no job.json"
    path.write_bytes(b.dump(without_job(REPORT)))
    [raw] = read_raw(path)
    raw.metadata["team"] = "blue"

    nodes = parse([raw], include_metadata=False)

    assert all(tuple(node.metadata) == KEYS for node in nodes)
    assert [n.node_id for n in nodes] == [n.node_id for n in parse([raw])]
    assert nodes[0].metadata["source"] == "no job.json"


def test_without_neighbours_the_other_relations_stay() -> None:
    nodes = parse(read_raw(REPORT), include_prev_next_rel=False, min_tokens=0)

    for node in nodes:
        assert not related(node, NodeRelationship.PREVIOUS)
        assert not related(node, NodeRelationship.NEXT)
        assert related(node, NodeRelationship.SOURCE)
    assert any(related(node, NodeRelationship.PARENT) for node in nodes)


def test_a_parser_refuses_a_document_that_holds_no_result() -> None:
    prose = Document(text="Just prose.", metadata={"source": "notes.txt"})
    cut = Document(text='{"job": ', metadata={})

    with pytest.raises(SourceError, match=r'notes\.txt.*split="result"'):
        parse([prose])
    with pytest.raises(MalformedJSONError, match="<text>"):
        parse([cut])


def test_a_parser_can_report_a_document_and_go_on() -> None:
    prose = Document(text="Just prose.", metadata={"source": "notes.txt"})
    parser = HeadingNodeParser(on_failed_job="report")

    nodes = parser.get_nodes_from_documents([prose, *read_raw(REPORT)])

    assert [n.node_id for n in nodes] == [n.node_id for n in parse(read_raw(REPORT))]
    assert list(parser.report.failed_jobs) == ["notes.txt"]


def test_a_parser_points_to_where_its_input_came_from() -> None:
    [raw] = read_raw(REPORT)
    origin = RelatedNodeInfo(node_id="origin", node_type=ObjectType.DOCUMENT)
    node = TextNode(text=raw.text, relationships={NodeRelationship.SOURCE: origin})

    nodes = HeadingNodeParser()([node])

    assert {one.ref_doc_id for one in nodes} == {"origin"}


def test_a_parser_works_async_and_shows_progress(
    capsys: pytest.CaptureFixture[str],
) -> None:
    raw = read_raw(REPORT)

    nodes = asyncio.run(HeadingNodeParser().acall(raw, show_progress=True))

    assert [n.node_id for n in nodes] == [n.node_id for n in parse(raw)]
    assert "Cutting along headings" in capsys.readouterr().err


@pytest.mark.needs("langchain")
def test_langchain_documents_need_no_bridge(saved: Path) -> None:
    from parsestrata.langchain import LlamaParseLoader  # noqa: PLC0415 - its extra

    documents = LlamaParseReader().load_langchain_documents(source=saved)
    positional = LlamaParseReader().load_langchain_documents(saved)

    assert documents == positional == LlamaParseLoader(saved).load()


def test_without_a_framework_its_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = (
        "import sys; sys.modules['llama_index'] = None\n"
        "from parsestrata.errors import MissingExtraError\n"
        "try: import parsestrata.llama_index\n"
        "except MissingExtraError as error: print(error)"
    )
    monkeypatch.setitem(sys.modules, "langchain_core.documents", None)

    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )

    assert 'pip install "parsestrata[llama-index]"' in made.stdout
    with pytest.raises(MissingExtraError, match=r"parsestrata\[langchain\]"):
        LlamaParseReader().load_langchain_documents(REPORT)


@pytest.fixture
def memory() -> Iterable[MemoryFileSystem]:
    fs = MemoryFileSystem()
    fs.pipe_file("/results/a.json", b.dump(without_job(REPORT)))
    fs.pipe_file("/results/b.json", b.dump(OTHER))
    yield fs
    fs.rm("/results", recursive=True)


def test_a_file_that_is_not_on_the_file_system_is_told(
    memory: MemoryFileSystem,
) -> None:
    documents: list[Document] = []
    stream = LlamaParseReader().lazy_load_data(
        ["/results/none.json", "/results/b.json"], fs=memory
    )

    with pytest.raises(FailedSourcesError, match=r"/results/none\.json: .*MemoryFile"):
        documents.extend(stream)

    assert documents == LlamaParseReader().load_data(OTHER)


def test_open_files_and_bytes_are_sources_too(memory: MemoryFileSystem) -> None:
    data = b.dump(REPORT)

    documents = LlamaParseReader().load_data([data, io.BytesIO(data)], fs=memory)

    assert len(documents) == 2 * len(LlamaParseReader().load_data(data))


def test_a_failed_page_warns_and_is_in_the_report() -> None:
    reader = LlamaParseReader()

    with pytest.warns(ParseStrataWarning, match="page 2 failed"):
        reader.load_data(b.result(b.page(1, b.text("Water.")), b.failed_page(2)))

    assert reader.report.failed_pages == {("report.pdf", 2): "worker timed out"}
