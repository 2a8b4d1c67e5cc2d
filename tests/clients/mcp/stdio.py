"""An MCP server, started as assistants start it and asked over its standard input."""

import itertools
import json
import subprocess
from types import TracebackType
from typing import Any

PROTOCOL = "2025-06-18"


class Tour:
    """Calls tools by name and notes what became of each; the last call of a tool counts."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.outcomes: dict[str, str] = {}
        self.links: list[str] = []
        """Resources that answers pointed to."""
        self._ids = itertools.count(1)
        self._server = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Tour":
        about = {"name": "tour", "version": "1"}
        self.ask("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": about})
        self._send({"method": "notifications/initialized"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.communicate()

    def call(self, tool: str, **arguments: Any) -> Any:
        """What the tool answered, as data where it is JSON; None when it failed."""
        answer = self.ask("tools/call", {"name": tool, "arguments": arguments})
        result = answer.get("result", {})
        blocks = result.get("content", [])
        texts = [block.get("text", "") for block in blocks if "text" in block]
        self.links += [block["uri"] for block in blocks if block.get("type") == "resource_link"]
        if "error" in answer or result.get("isError"):
            self.outcomes[tool] = " ".join(texts) or str(answer["error"])
            return None
        self.outcomes[tool] = "ok"
        held = result.get("structuredContent")
        if held is not None:
            return held.get("result", held) if len(held) == 1 else held
        try:
            return json.loads(texts[0]) if texts else None
        except ValueError:
            return texts[0]

    def note(self, tool: str, variant: str) -> None:
        """Keep the outcome of a tool's last call under a name of its own: one tool, many documents."""
        self.outcomes[f"{tool} {variant}"] = self.outcomes[tool]

    def left_out(self) -> list[str]:
        """Tools the server offers that the tour has not called."""
        offered = [tool["name"] for tool in self.ask("tools/list", {})["result"]["tools"]]
        return sorted(set(offered) - self.outcomes.keys())

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        id = next(self._ids)
        self._send({"id": id, "method": method, "params": params})
        assert self._server.stdout is not None
        for line in self._server.stdout:
            answer = json.loads(line)
            if answer.get("id") == id:
                return answer
        raise EOFError(f"the server ended during {method}")

    def _send(self, message: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._server.stdin.flush()
