"""The yaml-language-server from npm, spoken to as an editor does: JSON-RPC by pipes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from support.world import missing, program

ROOT = Path(__file__).parents[2]
SERVER = ROOT / ".tools" / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
SECONDS = 60
SETTINGS = {"yaml": {"schemaStore": {"enable": False}, "hover": True, "completion": True, "validate": True}}


class Editor:
    """An editor with files open in it."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self._process = process
        self._root = root
        self._heard: Queue[dict[str, Any]] = Queue()
        self._number = 0
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._texts: dict[str, str] = {}
        Thread(target=self._listen, daemon=True).start()
        self._ask(
            "initialize",
            processId=None,
            rootUri=root.as_uri(),
            capabilities={
                "textDocument": {
                    "completion": {"completionItem": {"documentationFormat": ["markdown", "plaintext"]}},
                    "hover": {"contentFormat": ["markdown", "plaintext"]},
                },
                "workspace": {"configuration": False},
            },
        )
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings=SETTINGS)

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Open a file with this text; what the server marks in it."""
        uri = (self._root / name).as_uri()
        self._texts[uri] = text
        self._diagnostics.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        while uri not in self._diagnostics:
            self._hear()
        return self._diagnostics[uri]

    def complete(self, name: str, text: str) -> dict[str, str]:
        """What is offered where `|` stands in the text: words, each with what is told of it."""
        position = self._opened(name, text)
        found = self._ask("textDocument/completion", **position)
        items = found["items"] if isinstance(found, dict) else found
        return {item["label"]: _text(item.get("documentation", "")) for item in items}

    def hover(self, name: str, text: str) -> str:
        """What is told of the word before `|`."""
        position = self._opened(name, text)
        position["position"]["character"] -= 1
        found = self._ask("textDocument/hover", **position)
        return _text(found["contents"]) if found else ""

    def _opened(self, name: str, text: str) -> dict[str, Any]:
        before, _, after = text.partition("|")
        self.open(name, before + after)
        line = before.count("\n")
        character = len(before) - (before.rfind("\n") + 1)
        uri = (self._root / name).as_uri()
        return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}

    def _ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        number = self._number
        self._send(id=number, method=method, params=params)
        while True:
            message = self._hear()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def _tell(self, method: str, **params: Any) -> None:
        self._send(method=method, params=params)

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        try:
            message = self._heard.get(timeout=SECONDS)
        except Empty:
            raise AssertionError(f"the server said nothing for {SECONDS} seconds") from None
        if message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:  # it asks us something: nothing is the answer
            self._send(id=message["id"], result=None)
        return message

    def _listen(self) -> None:
        assert self._process.stdout
        stream = self._process.stdout
        while head := stream.readline():
            length = int(head.split(b":")[1]) if head.lower().startswith(b"content-length") else 0
            while stream.readline().strip():
                pass
            self._heard.put(json.loads(stream.read(length)))


def _text(contents: Any) -> str:
    return contents if isinstance(contents, str) else str(contents.get("value", ""))


@contextmanager
def editor(root: Path) -> Iterator[Editor]:
    """An editor that speaks to a server of its own; the test skips when Node or the server is not there."""
    node = program("node")
    server = shutil.which("yaml-language-server") or (str(SERVER) if SERVER.exists() else "")
    if not server:
        missing("yaml-language-server is not installed (tests/world.sh installs it)")
    process = subprocess.Popen(
        [node, server, "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=root,
    )
    try:
        yield Editor(process, root)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
