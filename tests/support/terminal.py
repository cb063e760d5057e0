"""The command line in the test's own process: quick enough for every command, and all it says is kept."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from campaigns.cli.main import main


@dataclass
class Terminal:
    """Somebody at a terminal in a workspace; `said` is all that was ever printed there."""

    root: Path
    env: Mapping[str, str] = field(default_factory=dict)
    said: str = ""

    def run(self, *words: str) -> tuple[int, str]:
        """Exit code, and standard output with standard error after it."""
        out, code = io.StringIO(), 0
        mask = os.umask(0o077)
        with (
            mock.patch.object(sys, "argv", ["campaigns", "-C", str(self.root), *words]),
            mock.patch.dict(os.environ, self.env),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0) if not isinstance(end.code, str) else 1
            finally:
                os.umask(mask)
        self.said += out.getvalue()
        assert "Traceback" not in out.getvalue()
        return code, out.getvalue()

    def json(self, *words: str) -> Any:
        """What a command prints with `--json`; it must have done its work."""
        code, said = self.run(*words, "--json")
        assert code in (0, 1), said
        return json.loads(said)
