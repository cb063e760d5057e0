"""A segmentation and campaign engine for an energy company.

import campaigns

ws = campaigns.open(".", purpose="statistics")
ws.segments["renewal_electric_heat"].preview()
ws.sql("SELECT heating, count(*) AS sites FROM sites GROUP BY heating")
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from campaigns.workspace.notebook import Notebook

__all__ = ["__version__", "open"]
__version__ = version("campaigns")


def open(folder: Path | str = ".", *, purpose: str) -> Notebook:  # noqa: A001  # campaigns.open(".") reads best
    """Open a project folder for analysis; `purpose` says why, and is recorded beside what is unmasked.

    Raises `UserError` when the folder is no workspace, `Mistakes` for what is wrong in `campaigns.yml`.
    """
    from campaigns.workspace.notebook import open_notebook

    return open_notebook(folder, purpose=purpose)
