"""Chunks -> LlamaIndex Documents and TextNodes with their relationships."""

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.schema import (
    Document,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    RelatedNodeType,
    TextNode,
)

from parsestrata.chunking.chunk import Chunk, document_id
from parsestrata.chunking.sections import DocumentSection
from parsestrata.conversion.loading import Cut
from parsestrata.document.model import Heading
from parsestrata.options import Options

Described = tuple[Chunk, Mapping[str, Any]]
"""A chunk and its metadata."""

_PATH = "heading_path"
_CARRIER = "chunk_id"
"""A key that is never empty: without one the text template would not be used."""
_METADATA_TEMPLATE = "{value}"
_TEXT_TEMPLATE = "{metadata_str}\n\n{content}"
_RAW_TEMPLATE = "{}\n\n{{metadata_str}}\n\n{{content}}"
"""Of raw results, with their id: a cache knows a document by this text alone."""


def to_document(
    chunk: Chunk, metadata: Mapping[str, Any], options: Options, namesake: int = 1
) -> Document:
    """Make a Document of a chunk, a page, an item, a whole document or a raw result.

    For the two last the id is that of the document and not of its content, as a
    docstore wants it that tells by the hash whether a document has changed.
    """
    whole = options.split in {"document", "result"}
    own = document_id(chunk.origin.source, options, namesake) if whole else chunk.id
    texts = _texts(chunk, metadata)
    if options.split == "result":
        texts["text_template"] = _RAW_TEMPLATE.format(own)
    return Document(
        text=chunk.body,
        id_=own,
        metadata=dict(metadata),
        **texts,
    )


def to_nodes(
    described: Sequence[Described],
    options: Options,
    source: RelatedNodeInfo | None = None,
    namesake: int = 1,
) -> list[TextNode]:
    """Make the nodes of one document.

    PREVIOUS and NEXT follow the reading order over all pages. PARENT is the first
    chunk of the nearest enclosing section that has a chunk of its own, CHILD the
    other way round. Relations hold ids, no copies of metadata.

    Args:
        described: All chunks of the document in order, with their metadata.
        options: For ids and templates.
        source: What SOURCE says; None for the document of the chunks themselves.
        namesake: As for `document_id`, without a `source`.
    """
    if not described:
        return []
    origin = described[0][0].origin
    source = source or RelatedNodeInfo(
        node_id=document_id(origin.source, options, namesake),
        node_type=ObjectType.DOCUMENT,
    )
    relations = _relate([chunk for chunk, _ in described], source)
    return [
        _make_node(chunk, metadata, related)
        for (chunk, metadata), related in zip(described, relations, strict=True)
    ]


def to_linked_nodes(
    cut: Cut, options: Options, source: RelatedNodeInfo | None = None
) -> tuple[list[TextNode], list[TextNode]]:
    """Make the nodes of one document, and those of its sections.

    PARENT of a chunk is the section that holds it, and of a section the one around
    it; CHILD of a section is what has it for a parent, chunks and sections.

    Args:
        cut: The document.
        options: For ids and templates.
        source: As for `to_nodes`.

    Returns:
        Nodes of chunks as `to_nodes` gives them but for PARENT and CHILD, and nodes
        of sections, an outer one before those in it.
    """
    if not cut.chunks:
        return [], []
    nodes = to_nodes(cut.chunks, options, source, cut.report.namesake)
    of_document = nodes[0].relationships[NodeRelationship.SOURCE]
    parents = {name: one.id for one, _ in cut.sections for name in one.child_ids}
    for node in nodes:
        node.relationships.pop(NodeRelationship.CHILD, None)
        node.relationships[NodeRelationship.PARENT] = _info(parents[node.node_id])
    sections = [
        _make_node(section.whole, metadata, _relate_section(section, of_document))
        for section, metadata in cut.sections
    ]
    return nodes, sections


def _relate_section(
    section: DocumentSection, source: RelatedNodeType
) -> dict[NodeRelationship, RelatedNodeType]:
    related: dict[NodeRelationship, RelatedNodeType] = {
        NodeRelationship.SOURCE: source,
        NodeRelationship.CHILD: [_info(one) for one in section.child_ids],
    }
    if section.parent_id:
        related[NodeRelationship.PARENT] = _info(section.parent_id)
    return related


def _make_node(
    chunk: Chunk,
    metadata: Mapping[str, Any],
    related: dict[NodeRelationship, RelatedNodeType],
) -> TextNode:
    return TextNode(
        text=chunk.body,
        id_=chunk.id,
        metadata=dict(metadata),
        relationships=related,
        **_texts(chunk, metadata),
    )


def _info(node_id: str) -> RelatedNodeInfo:
    return RelatedNodeInfo(node_id=node_id, node_type=ObjectType.TEXT)


def _texts(chunk: Chunk, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Choose keys and templates so that the embedded text is the chunk in context.

    Every key is left out of both texts but the heading path: a splitter downstream
    refuses metadata longer than its chunk size in either. The document's name is in
    the template, since `SimpleDirectoryReader` leaves `file_name` out afterwards.
    """
    context, path = chunk.context, metadata[_PATH]
    if not (context and path and isinstance(path, str) and context.endswith(path)):
        return literal_context(context, metadata)
    template = _literal(context.removesuffix(path)) + _TEXT_TEMPLATE
    return _show(_PATH, template, metadata)


def literal_context(context: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Choose keys and templates so that a text has a line before it, or none.

    Args:
        context: The line, "" for none.
        metadata: Of the node; none of them go into its texts.
    """
    if not context:
        return _show("", _TEXT_TEMPLATE, metadata)
    return _show(_CARRIER, _literal(context) + "\n\n{content}", metadata)


def _show(shown: str, template: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    excluded = [key for key in metadata if key != shown]
    return {
        "excluded_embed_metadata_keys": excluded,
        "excluded_llm_metadata_keys": list(excluded),
        "metadata_template": _METADATA_TEMPLATE,
        "text_template": template,
    }


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _relate(
    chunks: Sequence[Chunk], source: RelatedNodeInfo
) -> list[dict[NodeRelationship, RelatedNodeType]]:
    infos = [_info(chunk.id) for chunk in chunks]
    relations: list[dict[NodeRelationship, RelatedNodeType]] = []
    open_sections: list[tuple[tuple[Heading, ...], int]] = []
    children: dict[int, list[RelatedNodeInfo]] = {}
    for number, chunk in enumerate(chunks):
        related: dict[NodeRelationship, RelatedNodeType] = {
            NodeRelationship.SOURCE: source
        }
        if number:
            related[NodeRelationship.PREVIOUS] = infos[number - 1]
        if number + 1 < len(infos):
            related[NodeRelationship.NEXT] = infos[number + 1]
        parent = _find_parent(open_sections, chunk.headings, number)
        if parent is not None:
            related[NodeRelationship.PARENT] = infos[parent]
            children.setdefault(parent, []).append(infos[number])
        relations.append(related)
    for parent, below in children.items():
        relations[parent][NodeRelationship.CHILD] = list(below)
    return relations


def _find_parent(
    open_sections: list[tuple[tuple[Heading, ...], int]],
    path: tuple[Heading, ...],
    number: int,
) -> int | None:
    """Find the chunk that opened the nearest section above; keep the stack of them."""
    while open_sections and path[: len(open_sections[-1][0])] != open_sections[-1][0]:
        open_sections.pop()
    if not path:
        return None
    if open_sections and open_sections[-1][0] == path:
        return open_sections[-2][1] if len(open_sections) > 1 else None
    parent = open_sections[-1][1] if open_sections else None
    open_sections.append((path, number))
    return parent
