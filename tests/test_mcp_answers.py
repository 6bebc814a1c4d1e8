"""What the server of `parsestrata mcp` answers, without the protocol around it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from building import dump, page, result, text
from conftest import EXAMPLES
from parsestrata.agent import DocumentTools
from parsestrata.agent.mcp_server import DocumentServer
from parsestrata.agent.mcp_server.answering import NotFoundError, make_sendable
from parsestrata.agent.mcp_server.resources import write_uri
from parsestrata.agent.tools import TOOLS
from parsestrata.errors import ConfigError, StoreError

pytestmark = pytest.mark.needs("mcp")

REPORT = EXAMPLES / "harbour-water-2025.json"
NAME = REPORT.name
CALLS: dict[str, dict[str, Any]] = {
    "list_documents": {},
    "describe": {"document": NAME},
    "outline": {"document": NAME, "depth": 3},
    "read_section": {"document": NAME, "section": "s1"},
    "read_pages": {"document": NAME, "first": 1, "last": 2},
    "search": {"document": NAME, "query": "water"},
    "list_tables": {"document": NAME},
    "get_table": {"document": NAME, "table": "t1", "columns": ["1"]},
}


def make_server(*sources: Path, root: Path | None = None) -> DocumentServer:
    tools = DocumentTools(list(sources), root=root)
    return DocumentServer(tools, root=root, secret_paths=sources)


@pytest.fixture
def one() -> DocumentServer:
    return make_server(REPORT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two documents below it, and one beside it."""
    root = tmp_path / "documents"
    (root / "2025").mkdir(parents=True)
    shutil.copy(REPORT, root)
    shutil.copy(REPORT, root / "2025" / "water & sewage.json")
    shutil.copy(REPORT, tmp_path / "secret.json")
    return root


@pytest.fixture
def many(folder: Path) -> DocumentServer:
    return make_server(root=folder)


def told(answer: dict[str, Any]) -> str:
    """Return the text of a tool's answer."""
    (content,) = answer["content"]
    return str(content["text"])


def call(server: DocumentServer, name: str, **arguments: Any) -> dict[str, Any]:
    return server.call_tool({"name": name, "arguments": arguments})


# Tools


def test_there_is_a_tool_for_each_method(many: DocumentServer) -> None:
    tools = many.list_tools({})["tools"]

    assert [tool["name"] for tool in tools] == list(TOOLS)
    assert all(tool["title"] and tool["description"] for tool in tools)


def test_every_tool_says_that_it_only_reads(many: DocumentServer) -> None:
    tools = many.list_tools({})["tools"]

    for tool in tools:
        hints = tool["annotations"]
        assert hints["readOnlyHint"]
        assert hints["idempotentHint"]
        assert not hints["openWorldHint"]
        assert not hints["destructiveHint"]


def test_where_there_is_one_document_nobody_has_to_name_it(one: DocumentServer) -> None:
    tools = one.list_tools({})["tools"]

    assert "list_documents" not in [tool["name"] for tool in tools]
    assert all("document" not in tool["inputSchema"]["properties"] for tool in tools)
    assert "isError" not in call(one, "outline")


def test_the_schemas_are_schemas(many: DocumentServer) -> None:
    tools = many.list_tools({})["tools"]

    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])
        assert all(
            one["description"] for one in tool["inputSchema"]["properties"].values()
        )


@pytest.mark.parametrize("name", TOOLS)
def test_answers_and_arguments_fit_their_schemas(
    name: str, many: DocumentServer
) -> None:
    tools = {tool["name"]: tool for tool in many.list_tools({})["tools"]}
    arguments = CALLS[name]

    answer = call(many, name, **arguments)

    assert "isError" not in answer
    jsonschema.validate(arguments, tools[name]["inputSchema"])
    jsonschema.validate(answer["structuredContent"], tools[name]["outputSchema"])


@pytest.mark.parametrize("name", TOOLS)
def test_the_text_is_what_the_tools_write(name: str, folder: Path) -> None:
    tools = DocumentTools(root=folder)

    answer = call(make_server(root=folder), name, **CALLS[name])

    expected = getattr(tools, name)(**CALLS[name])
    assert told(answer) == str(expected)
    assert answer["structuredContent"] == expected.to_dict()


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        pytest.param("delete", {}, "there is no tool 'delete'", id="tool"),
        pytest.param("search", {}, "query: field required", id="missing"),
        pytest.param("outline", {"depth": "deep"}, "depth: ", id="type"),
        pytest.param("outline", {"depht": 2}, "no argument 'depht'", id="name"),
        pytest.param("outline", {"depth": 0}, "depth is 0", id="value"),
        pytest.param("read_section", {"section": "s99"}, "no section", id="section"),
        pytest.param("get_table", {"table": "t99"}, "no table 't99'", id="table"),
        pytest.param("outline", {"cursor": "5-abcdef"}, "another call", id="cursor"),
        pytest.param("outline", {"max_tokens": 1}, "at least 300", id="budget"),
    ],
)
def test_a_bad_call_is_an_answer_that_says_what_to_do(
    name: str, arguments: dict[str, Any], problem: str, one: DocumentServer
) -> None:
    answer = call(one, name, **arguments)

    assert answer["isError"]
    assert problem in told(answer)
    assert "Traceback" not in told(answer)


def test_a_fault_of_ours_tells_the_model_its_kind_alone(
    one: DocumentServer, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(**_arguments: Any) -> None:
        message = "a secret of the inside"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(one.tools, "outline", fail)

    answer = call(one, "outline")

    assert answer["isError"]
    assert "ZeroDivisionError" in told(answer)
    assert "secret" not in told(answer)
    assert "a secret of the inside" in caplog.text


# What cannot be read


def outside(tmp_path: Path) -> Iterator[tuple[str, str]]:
    secret = tmp_path / "secret.json"
    yield "a step up", "../secret.json"
    yield "steps down and up", "2025/../../secret.json"
    yield "an absolute path", str(secret)
    yield "an address of a file", secret.as_uri()
    yield "encoded once", "..%2Fsecret.json"
    yield "encoded twice", "..%252Fsecret.json"
    yield "a backslash", "..\\secret.json"
    yield "overlong UTF-8", "..\udcc0\udcafsecret.json"
    yield "a full-width solidus", "..\uff0fsecret.json"
    yield "a zero byte", "../secret.json\0"
    yield "the home folder", "~/secret.json"
    yield "far too long", "../" * 5000 + "secret.json"
    yield "standard input", "-"
    yield "a job id", "pjb-0123456789abcdefghijklmnopqr"


WAYS_OUT = [name for name, _ in outside(Path("/nowhere"))]


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_name_leads_out_of_the_root(
    way: str, many: DocumentServer, tmp_path: Path
) -> None:
    asked = dict(outside(tmp_path))[way]

    answer = call(many, "outline", document=asked)

    assert answer["isError"]
    assert "there is no document" in told(answer)


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("section", ["", "s1"], ids=["outline", "section"])
def test_no_address_leads_out_of_the_root(
    way: str, section: str, many: DocumentServer, tmp_path: Path
) -> None:
    asked = dict(outside(tmp_path))[way]

    with pytest.raises(NotFoundError, match="there is no document"):
        many.read_resource({"uri": write_uri(asked, section)})


@pytest.mark.parametrize(
    "uri",
    [
        "parsestrata://../secret.json",
        "parsestrata://../secret.json/s1",
        "parsestrata:///etc/passwd",
        "parsestrata://%2Fetc%2Fpasswd/s1",
        "file:///etc/passwd",
        "parsestrata://",
        "parsestrata:harbour-water-2025.json",
        "",
    ],
)
def test_a_strange_address_is_refused(uri: str, many: DocumentServer) -> None:
    with pytest.raises(NotFoundError):
        many.read_resource({"uri": uri})


def test_a_link_that_leads_out_is_neither_listed_nor_read(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    server = make_server(root=folder)

    answers = [
        call(server, "outline", document=name)
        for name in ("link.json", "up/secret.json", "link", "secret")
    ]

    assert all(answer["isError"] for answer in answers)
    assert "link" not in told(call(server, "list_documents"))
    assert "secret" not in told(call(server, "list_documents"))


def test_a_link_that_stays_within_is_read(folder: Path) -> None:
    (folder / "link.json").symlink_to(folder / NAME)
    server = make_server(root=folder)

    answer = call(server, "outline", document="link.json")

    assert "isError" not in answer


def test_a_file_that_became_a_link_after_it_was_read_is_read_no_more(
    folder: Path, tmp_path: Path
) -> None:
    server = make_server(root=folder)
    listed = told(call(server, "list_documents"))
    before = call(server, "outline", document=NAME)
    (folder / NAME).unlink()
    (folder / NAME).symlink_to(tmp_path / "secret.json")

    answer = call(server, "outline", document=NAME)

    assert NAME in listed
    assert "isError" not in before
    assert answer["isError"]


def test_what_is_hidden_is_not_read_by_its_name(folder: Path) -> None:
    (folder / ".config").mkdir()
    shutil.copy(REPORT, folder / ".config" / "hidden.json")
    shutil.copy(REPORT, folder / ".hidden.json")
    server = make_server(root=folder)

    answers = [
        call(server, "outline", document=name)
        for name in (".config/hidden.json", ".hidden.json", "hidden")
    ]

    assert all(answer["isError"] for answer in answers)


def test_other_files_below_the_root_are_not_read(folder: Path) -> None:
    (folder / "notes.txt").write_text("a password")
    server = make_server(root=folder)

    answer = call(server, "outline", document="notes.txt")

    assert answer["isError"]
    assert "a password" not in told(answer)


@pytest.mark.parametrize("given", ["source", "root"])
def test_an_error_does_not_tell_where_files_lie(given: str, folder: Path) -> None:
    broken = folder / "broken.json"
    broken.write_text("{")
    server = make_server(broken) if given == "source" else make_server(root=folder)

    answers = [
        told(call(server, "outline", **named))
        for named in ({}, {"document": "broken.json"})
        if named or given == "root"
    ]
    if given == "source":
        answers.append(told(call(server, "outline")))

    assert "broken.json" in "".join(answers)
    assert str(folder) not in "".join(answers)
    assert str(folder.parent) not in "".join(answers)


def test_an_error_does_not_tell_where_the_store_lies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    server = DocumentServer(DocumentTools(REPORT), secret_paths=(store,))

    def fail(**_arguments: Any) -> None:
        raise StoreError(str(store), "cannot be read")

    monkeypatch.setattr(server.tools, "outline", fail)

    answer = call(server, "outline")

    assert told(answer) == "store store: cannot be read"


# Resources


def test_every_document_is_listed_by_its_outline(many: DocumentServer) -> None:
    listed = many.list_resources({})["resources"]

    texts = [many.read_resource({"uri": one["uri"]}) for one in listed]
    assert sorted(one["name"] for one in listed) == ["2025/water & sewage.json", NAME]
    assert {one["mimeType"] for one in listed} == {"text/markdown"}
    assert all("s1: " in text["contents"][0]["text"] for text in texts)


def test_many_documents_are_listed_a_hundred_at_a_time(tmp_path: Path) -> None:
    for number in range(230):
        (tmp_path / f"{number:03}.json").write_text("{}")
    server = make_server(root=tmp_path)

    pages = [server.list_resources({})]
    while "nextCursor" in pages[-1]:
        pages.append(server.list_resources({"cursor": pages[-1]["nextCursor"]}))

    names = [one["name"] for page in pages for one in page["resources"]]
    assert [len(page["resources"]) for page in pages] == [100, 100, 30]
    assert names == [f"{number:03}.json" for number in range(230)]


def test_a_cursor_that_is_none_is_refused(many: DocumentServer) -> None:
    with pytest.raises(NotFoundError, match="cursor 'x'"):
        many.list_resources({"cursor": "x"})


def test_the_address_of_a_section_gives_it_with_all_below(many: DocumentServer) -> None:
    tools = many.tools
    uri = write_uri("2025/water & sewage.json", "s1")

    read = many.read_resource({"uri": uri})

    (content,) = read["contents"]
    whole = tools.read_section(
        "s1", subsections=True, document="2025/water & sewage.json", max_tokens=20_000
    )
    assert uri == "parsestrata://2025%2Fwater%20%26%20sewage.json/s1"
    assert content == {"uri": uri, "mimeType": "text/markdown", "text": str(whole)}


def test_a_long_section_says_how_to_read_on(tmp_path: Path) -> None:
    words = "A sentence of nine words, that says very little. " * 8
    items = [text(f"{words}{number}") for number in range(400)]
    source = tmp_path / "long.json"
    source.write_bytes(dump(result(page(1, *items))))
    server = make_server(source)

    read = server.read_resource({"uri": write_uri("long.json", "s0")})

    shown = read["contents"][0]["text"]
    _, _, call_text = shown.rpartition("More: call the tool read_section with ")
    rest = call(server, "read_section", **json.loads(call_text))
    assert "isError" not in rest
    assert "repeat the call" not in shown
    assert told(rest).startswith("[1]\nA sentence")


def test_a_section_that_is_not_there_is_not_found(one: DocumentServer) -> None:
    with pytest.raises(NotFoundError, match="there is no section 's99'"):
        one.read_resource({"uri": write_uri(NAME, "s99")})


@pytest.mark.parametrize(
    ("name", "begun", "values"),
    [
        pytest.param("document", "", ["harbour-water-2025.json"], id="document"),
        pytest.param("document", "WATER", ["harbour-water-2025.json"], id="part"),
        pytest.param("document", "x", [], id="none"),
        pytest.param("section", "s1.1", ["s1.1"], id="section"),
    ],
)
def test_names_and_ids_are_completed(
    name: str, begun: str, values: list[str], one: DocumentServer
) -> None:
    completed = one.complete(
        {
            "ref": {
                "type": "ref/resource",
                "uri": "parsestrata://{document}/{section}",
            },
            "argument": {"name": name, "value": begun},
            "context": {"arguments": {"document": NAME}},
        }
    )

    assert completed["completion"]["values"] == values


@pytest.mark.parametrize(
    "ref",
    [{"uri": "parsestrata://{document}/{section}"}, {"uri": "other://{document}"}],
    ids=["no document", "another template"],
)
def test_what_cannot_be_completed_has_no_values(
    ref: dict[str, str], many: DocumentServer
) -> None:
    argument = {"name": "section", "value": ""}

    completed = many.complete({"ref": ref, "argument": argument})

    assert completed["completion"]["values"] == []


# What is sent


def test_a_name_that_is_not_utf_8_does_not_break_the_answer(folder: Path) -> None:
    try:
        shutil.copy(REPORT, os.fsencode(folder) + b"/caf\xe9.json")
    except OSError:
        pytest.skip("names are UTF-8 here")
    server = make_server(root=folder)

    sent = make_sendable(call(server, "list_documents"))

    assert "caf?.json" in json.dumps(sent, ensure_ascii=False).encode().decode()


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        make_server(root=tmp_path / "none")


def test_a_document_that_changed_is_read_again(tmp_path: Path) -> None:
    source = tmp_path / "plan.json"
    source.write_bytes(dump(result(page(1, text("The first text.")))))
    server = make_server(root=tmp_path)
    before = told(call(server, "read_pages", first=1, document="plan.json"))
    source.write_bytes(dump(result(page(1, text("Another text now.")))))

    after = told(call(server, "read_pages", first=1, document="plan.json"))

    assert "The first text." in before
    assert "Another text now." in after
