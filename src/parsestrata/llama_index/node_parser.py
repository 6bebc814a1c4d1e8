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
)
from llama_index.core.utils import get_tqdm_iterable

from parsestrata.conversion.loading import Loading
from parsestrata.llama_index.nodes import to_nodes
from parsestrata.llama_index.settings import check_picklable, merge_options
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report


class HeadingNodeParser(NodeParser):
    """Cuts Documents of `LlamaParseReader(split="result")` along their headings.

    For `IngestionPipeline`: the Document is what a docstore compares, the nodes
    point to it by SOURCE. Metadata that a caller put on the Document go on to its
    nodes; keys of the contract are the chunk's own.

    Args:
        **values: Fields of `parsestrata.Options`, and `include_metadata`,
            `include_prev_next_rel` and `callback_manager` of every node parser.

    Raises:
        ConfigError: An option is wrong.
    """

    options: Options = Field(default_factory=Options)
    _loading: Loading = PrivateAttr()

    def __init__(
        self,
        *,
        options: Options | Mapping[str, Any] | None = None,
        include_metadata: bool = True,
        include_prev_next_rel: bool = True,
        callback_manager: Any = None,
        id_func: Any = None,  # noqa: ARG002 - in every parser's to_dict, of no use here
        **values: Unpack[OptionValues],
    ) -> None:
        options = merge_options(options, values)
        manager = {"callback_manager": callback_manager} if callback_manager else {}
        super().__init__(
            options=options,
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
        text, name = node.get_content(), str(node.metadata.get("source") or "")
        metadata = node.metadata if self.include_metadata else {}
        described = list(self._loading.split_text(text, name, metadata))
        source = node.source_node or RelatedNodeInfo(
            node_id=node.node_id, node_type=ObjectType.DOCUMENT, hash=node.hash
        )
        made = to_nodes(described, self.options, source)
        if not self.include_prev_next_rel:
            for one in made:
                one.relationships.pop(NodeRelationship.PREVIOUS, None)
                one.relationships.pop(NodeRelationship.NEXT, None)
        return list(made)

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
