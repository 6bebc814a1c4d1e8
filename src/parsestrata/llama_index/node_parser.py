"""HeadingNodeParser: Documents that hold a raw result -> nodes of chunks."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import (
    BaseNode,
    Document,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.utils import get_tqdm_iterable

from parsestrata.conversion.loading import Loading
from parsestrata.conversion.sections import check_limit, check_split
from parsestrata.llama_index.nodes import to_linked_nodes, to_nodes
from parsestrata.llama_index.settings import check_picklable, merge_options
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report


class HeadingNodeParser(NodeParser):
    """Cuts Documents of `LlamaParseReader(split="result")` along their headings.

    For `IngestionPipeline`: the Document is what a docstore compares, the nodes
    point to it by SOURCE. Metadata that a caller put on the Document go on to its
    nodes; keys of the contract are the chunk's own.

    Args:
        sections: PARENT is the section that holds a chunk, whose node is none of the
            nodes: `split_with_sections` makes it. Else it is a chunk among them.
        max_section_tokens: With `sections`: a larger one is left out, and the chunks
            right below it stand alone; None for no limit.
        **values: Fields of `parsestrata.Options`, and `include_metadata`,
            `include_prev_next_rel` and `callback_manager` of every node parser.

    Raises:
        ConfigError: An option is wrong.
    """

    options: Options = Field(default_factory=Options)
    sections: bool = False
    max_section_tokens: int | None = None
    _loading: Loading = PrivateAttr()

    def __init__(
        self,
        *,
        options: Options | Mapping[str, Any] | None = None,
        sections: bool = False,
        max_section_tokens: int | None = None,
        include_metadata: bool = True,
        include_prev_next_rel: bool = True,
        callback_manager: Any = None,
        id_func: Any = None,  # noqa: ARG002 - in every parser's to_dict, of no use here
        **values: Unpack[OptionValues],
    ) -> None:
        options = merge_options(options, values)
        if sections:
            check_split(options)
        check_limit(max_section_tokens)
        manager = {"callback_manager": callback_manager} if callback_manager else {}
        super().__init__(
            options=options,
            sections=sections,
            max_section_tokens=max_section_tokens,
            include_metadata=include_metadata,
            include_prev_next_rel=include_prev_next_rel,
            **manager,
        )

    def model_post_init(self, context: Any, /) -> None:
        """Begin with an empty report."""
        super().model_post_init(context)
        self._loading = Loading(self.options)

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex stores the parser."""
        return "HeadingNodeParser"

    def __getstate__(self) -> dict[str, Any]:
        check_picklable(self.options)
        return super().__getstate__()

    @property
    def report(self) -> Report:
        """What failed, was blank or was left out in the last call, and why."""
        return self._loading.report

    def split_with_sections(
        self, documents: Sequence[BaseNode]
    ) -> tuple[list[TextNode], list[TextNode]]:
        """Cut Documents into chunks and the sections that hold them.

        Args:
            documents: Those that the pipeline was given.

        Returns:
            What `LlamaParseReader.load_with_sections` gives; the first are the nodes
            of the parser with `sections=True`.

        Raises:
            ConfigError: `split` is not "chunk".
            ParseStrataError: A result cannot be read; see `on_failed_job`.
        """
        self._loading = Loading(self.options)
        nodes: list[TextNode] = []
        sections: list[TextNode] = []
        for document in documents:
            own, around = self._cut_node(document)
            nodes += own
            sections += around
        return nodes, sections

    def _parse_nodes(
        self,
        nodes: Sequence[BaseNode],
        show_progress: bool = False,  # noqa: FBT001, FBT002 - the base's signature
        **_kwargs: Any,
    ) -> list[BaseNode]:
        self._loading = Loading(self.options)
        parsed: list[BaseNode] = []
        for node in get_tqdm_iterable(nodes, show_progress, "Cutting along headings"):
            parsed += self._parse_node(node)
        return parsed

    def _parse_node(self, node: BaseNode) -> list[BaseNode]:
        if self.sections:
            return list(self._cut_node(node)[0])
        text, name, metadata = self._read(node)
        described = list(self._loading.split_text(text, name, metadata))
        return list(self._finish(to_nodes(described, self.options, _source_of(node))))

    def _cut_node(self, node: BaseNode) -> tuple[list[TextNode], list[TextNode]]:
        source = _source_of(node)
        cuts = self._loading.cut_text(
            *self._read(node), self.max_section_tokens, source.node_id
        )
        nodes: list[TextNode] = []
        sections: list[TextNode] = []
        for cut in cuts:
            nodes, sections = to_linked_nodes(cut, self.options, source)
        return self._finish(nodes), sections

    def _read(self, node: BaseNode) -> tuple[str, str, dict[str, Any]]:
        """Return text, name and metadata of a Document."""
        metadata = node.metadata if self.include_metadata else {}
        return node.get_content(), str(node.metadata.get("source") or ""), metadata

    def _finish(self, nodes: list[TextNode]) -> list[TextNode]:
        if not self.include_prev_next_rel:
            for node in nodes:
                node.relationships.pop(NodeRelationship.PREVIOUS, None)
                node.relationships.pop(NodeRelationship.NEXT, None)
        return nodes

    def _postprocess_parsed_nodes(
        self,
        nodes: list[BaseNode],
        parent_doc_map: Mapping[str, Document],  # noqa: ARG002 - the base's signature
    ) -> list[BaseNode]:
        """Leave the nodes as they are: relations and metadata are set already.

        The base class looks every node's text up in the document, which takes
        time that grows with the square of its size, and never finds it.
        """
        return nodes


def _source_of(node: BaseNode) -> RelatedNodeInfo:
    return node.source_node or RelatedNodeInfo(
        node_id=node.node_id, node_type=ObjectType.DOCUMENT, hash=node.hash
    )
