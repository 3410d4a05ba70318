"""Firefox, by the small Node program beside this file: selenium's BiDi for Python cannot yet do all of it, puppeteer's can."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.browser.engines.driver import DriverError, missing
from tests.support.server import ROOT


class Firefox:
    """See Driver."""

    def __init__(self) -> None:
        firefox = shutil.which("firefox-esr") or shutil.which("firefox")
        if not firefox:
            missing("Firefox", "firefox-esr")
        node = shutil.which("node") or str(ROOT / ".venv/bin/node")
        self._node = subprocess.Popen(
            [node, str(Path(__file__).with_suffix(".mjs")), firefox], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._answer()

    def begin(self) -> None:
        self._ask("begin")

    def open(self, url: str) -> None:
        self._ask("open", url)

    def evaluate(self, expression: str) -> Any:
        return self._ask("evaluate", expression)

    def click(self, selector: str) -> None:
        self._ask("click", selector)

    def hover(self, selector: str) -> None:
        self._ask("hover", selector)

    def type(self, selector: str, text: str) -> None:
        self._ask("type", selector, text)

    def press(self, key: str) -> None:
        self._ask("press", key)

    def upload(self, selector: str, path: Path) -> None:
        self._ask("upload", selector, str(path))

    def resize(self, width: int, height: int) -> None:
        self._ask("resize", width, height)

    def photograph(self, path: Path) -> None:
        self._ask("photograph", str(path))

    def said(self) -> list[str]:
        return self._ask("said")  # type: ignore[no-any-return]

    def close(self) -> None:
        assert self._node.stdin is not None and self._node.stdout is not None
        self._node.stdin.close()
        self._node.wait(10)
        self._node.stdout.close()

    def _ask(self, what: str, *how: Any) -> Any:
        print(json.dumps([what, *how]), file=self._node.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        assert self._node.stdout is not None
        answer = json.loads(self._node.stdout.readline() or '{"error": "Firefox is gone"}')
        if "error" in answer:
            raise DriverError(answer["error"])
        return answer.get("result")
