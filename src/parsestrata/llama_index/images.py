"""Images of chunks -> LlamaIndex ImageNodes."""

from collections.abc import Iterable
from pathlib import Path

from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
)

from parsestrata.chunking.figures import Figure, OnMissing, find_figures
from parsestrata.llama_index.nodes import literal_context


def image_nodes(
    nodes: Iterable[BaseNode],
    folder: str | Path | None = None,
    *,
    on_missing: OnMissing = "raise",
) -> list[ImageNode]:
    """Make an ImageNode of each image that nodes or Documents of this package name.

    Its text is the caption; what is embedded has the heading path before it. Its
    metadata are those of its chunk, with its own id, page and box, and two keys more:
    `image_path`, the path of its file, and `parent_id`, the id of its chunk. SOURCE is
    the document, PARENT the node. No file is opened.

    Args:
        nodes: Of the reader or the node parser, or as they came back from a store.
        folder: Where `ParseClient.download_images` or `parsestrata parse --images`
            wrote the files: right there, or for several jobs in a folder for each that
            has the job's id as its name. None: the images are named, not looked for.
        on_missing: About a file that is not there: raise, or warn and give a node
            without `image_path`.

    Raises:
        ConfigError: The metadata are no chunk's, or files of two documents lie in one
            folder.
        SourceError: A file is not there; says which.
    """
    described = ((node, node.metadata) for node in nodes)
    found = find_figures(described, folder, on_missing=on_missing)
    return [_to_image_node(node, figure) for node, figure in found]


def _to_image_node(node: BaseNode, figure: Figure) -> ImageNode:
    parent = RelatedNodeInfo(node_id=node.node_id, node_type=node.get_type())
    itself = RelatedNodeInfo(node_id=node.node_id, node_type=ObjectType.DOCUMENT)
    return ImageNode(
        text=figure.caption,
        id_=figure.id,
        image_path=figure.path or None,
        metadata=figure.metadata,
        relationships={
            NodeRelationship.SOURCE: node.source_node or itself,
            NodeRelationship.PARENT: parent,
        },
        **literal_context(figure.heading_path, figure.metadata),
    )
