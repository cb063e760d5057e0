"""Attack 104: who may change the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import UserError
from campaigns.settings.loading import load

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_settings_that_others_may_change_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "campaigns.yml"
    path.write_bytes((REPOSITORY / "campaigns.yml").read_bytes())
    path.chmod(0o644)
    load(path)
    path.chmod(mode)
    with pytest.raises(UserError, match="CFG013"):
        load(path)
