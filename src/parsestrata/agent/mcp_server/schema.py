"""What the tools answer, as a JSON schema."""

from typing import Any


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_BOX = {"type": "array", "items": {"type": "integer"}, "minItems": 5, "maxItems": 5}
_CITATION = _object(
    {
        "number": {"type": "integer", "description": "As [1] in the text."},
        "document": {"type": "string"},
        "page_number": {"type": "integer", "description": "First page, 1-based."},
        "page_end": {"type": "integer", "description": "Last page."},
        "heading_path": {"type": "string", "description": "Joined by ' > '."},
        "chunk_id": {"type": "string", "description": "UUID, as in a vector store."},
        "boxes": {
            "type": "array",
            "items": _BOX,
            "description": "[page, x, y, width, height] in points from the top left.",
        },
    }
)
ANSWER_SCHEMA = _object(
    {
        "text": {"type": "string", "description": "Markdown."},
        "citations": {"type": "array", "items": _CITATION},
        "next": {"type": "string", "description": "Cursor to read on; '' at the end."},
    }
)
"""Of `Answer.to_dict()`."""
