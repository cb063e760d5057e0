"""One writer at a time: threats.md fault 30."""

import json

import pytest

from campaigns import errors
from campaigns.lake import Lake
from support.elsewhere import Elsewhere
from support.lakes import persons

HOLDING = """
    import sys
    from pathlib import Path
    from campaigns.lake import Lake
    with Lake(Path(sys.argv[1])).writer(purpose="import persons"):
        print("holding", flush=True)
        input()
    print("done", flush=True)
"""


def test_a_second_process_is_told_who_holds_the_lock(lake: Lake) -> None:
    with Elsewhere(HOLDING, lake.root) as other:
        assert other.hear() == "holding"
        for change in (
            lambda: lake.writer(purpose="test", wait=0.1).__enter__(),
            lambda: lake.vacuum(wait=0.1),
            lambda: lake.erase("a", [1], wait=0.1),
        ):
            with pytest.raises(errors.Busy) as caught:
                change()
            assert caught.value.exit_code == 75
            text = str(caught.value)
            assert f"process {other.process.pid} (import persons) since 20" in text
        other.say()
        assert other.hear() == "done"
        with lake.writer(purpose="test", wait=10):
            pass


def test_a_second_writer_waits_for_the_first(lake: Lake) -> None:
    with Elsewhere(HOLDING, lake.root) as other:
        assert other.hear() == "holding"
        other.say()
        with lake.writer(purpose="test", wait=30) as writer:
            writer.append("persons", persons(1))
    assert lake.snapshot().rows("persons") == 1


def test_the_lock_of_a_killed_process_is_free(lake: Lake) -> None:
    with Elsewhere(HOLDING, lake.root) as other:
        assert other.hear() == "holding"
        other.kill()
    with lake.writer(purpose="test", wait=0.1) as writer:
        writer.append("persons", persons(1))


def test_two_writers_of_one_process_take_turns_too(lake: Lake) -> None:
    with lake.writer(purpose="one"), pytest.raises(errors.Busy, match=r"\(one\)"):
        lake.vacuum(wait=0.05)


def test_an_unreadable_note_does_not_hide_that_the_lake_is_busy(lake: Lake) -> None:
    with lake.writer(purpose="one"):
        (lake.root / "_holder.json").write_text(json.dumps({"pid": 1}))
        with pytest.raises(errors.Busy, match="another process"):
            lake.vacuum(wait=0.05)


def test_the_lock_is_let_go_after_an_exception(lake: Lake) -> None:
    with pytest.raises(RuntimeError), lake.writer(purpose="one"):
        raise RuntimeError
    with lake.writer(purpose="two", wait=0.05):
        pass
    assert not (lake.root / "_holder.json").exists()
