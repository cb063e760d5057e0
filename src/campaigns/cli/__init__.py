"""The `campaigns` command: thin, and quick to start (what is heavy is imported inside commands)."""

from campaigns.cli.main import main

__all__ = ["main"]
