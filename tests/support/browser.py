"""Debian's Chromium, driven by Playwright; it reaches loopback only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from support.world import program

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(*, hosts: dict[str, str] | None = None) -> Iterator[Browser]:
    """A browser; `hosts` maps names to addresses (`name` to `127.0.0.1:port`)."""
    rules = ",".join(f"MAP {name} {address}" for name, address in (hosts or {}).items())
    options: dict[str, Any] = {"executable_path": program("chromium"), "args": list(QUIET)}
    if rules:
        options["args"].append(f"--host-resolver-rules={rules}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        try:
            yield browser
        finally:
            browser.close()
