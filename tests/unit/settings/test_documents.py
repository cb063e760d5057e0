"""YAML as people write it; attacks 32-36 of the threat list are named where they are tested."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import Mistakes
from campaigns.settings.documents import MAX_BYTES, Mapping, Scalar, Sequence, parse, read


def codes(text: str | bytes) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        parse(text, name="x.yml")
    return [mistake.code for mistake in caught.value.mistakes]


@pytest.mark.parametrize("word", ["00100", "no", "12:30", "1e999", "2026-11-24", "0x1F", "~x", ".5"])
def test_scalars_stay_as_written(word: str) -> None:
    node = parse(f"a: {word}")
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert isinstance(value, Scalar)
    assert value.text == word


def test_every_value_knows_its_place() -> None:
    node = parse("who:\n  - {field: heating, is: oil}\n")
    assert isinstance(node, Mapping)
    items = node.get("who")
    assert isinstance(items, Sequence)
    condition = items.items[0]
    assert isinstance(condition, Mapping)
    word = condition.get("is")
    assert isinstance(word, Scalar)
    assert (word.mark.line, word.mark.column, word.mark.length) == (2, 26, 3)


def test_duplicate_keys_name_both_lines() -> None:  # attack 35
    with pytest.raises(Mistakes) as caught:
        parse("a: 1\nb: 2\na: 3\n", name="bad.yml")
    assert str(caught.value) == (
        "bad.yml:3:1: SEG003 `a` is written twice in the same place (first on line 1).\n"
        "    3 | a: 3\n"
        "      | ^\n"
        "      start a new list item with `-` if you meant two conditions"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\nb: *x\n", "YML007"),  # attack 32
        ("a: {<<: {b: 1}}", "YML007"),  # attack 36
        ("a: !!python/object/apply:os.system [id]", "YML011"),  # attack 34
        ("a: !!binary aGk=", "YML011"),
        ("a: !include /etc/passwd", "YML011"),
        ("\ufeffa: 1".encode(), "YML002"),
        ("a: 1".encode("utf-16"), "YML002"),
        (b"a: \xff", "YML002"),
        ("a:\n\tb: 1", "YML004"),
        ("a: x\x00y", "YML003"),
        ("a: x\x85y", "YML003"),
        ("a: x\u2028y", "YML003"),
        ('a: "\\0"', "YML003"),  # written as an escape
        ('a: "\\e[2J"', "YML003"),
        ('"\\x07": 1', "YML003"),
        ('a: "\\uD800"', "YML005"),  # half a character
        ("a: 1\n---\nb: 2\n", "YML006"),
        ("a: [1", "YML005"),
        ("? [a]\n: 1", "YML010"),
    ],
)
def test_what_is_not_plain_data_is_refused(text: str | bytes, code: str) -> None:
    assert code in codes(text)


def test_alias_bomb_ends_at_once() -> None:  # attack 32
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "YML007" in codes("\n".join(lines))


def test_deep_nesting_is_refused() -> None:  # attack 33
    assert codes("[" * 3000) == ["YML008"]


def test_large_files_are_refused(tmp_path: Path) -> None:  # attack 33
    path = tmp_path / "large.yml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(Mistakes, match="larger than 1 MB"):
        read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r"nothing\.yml: YML001 there is no such file"):
        read(tmp_path / "nothing.yml", name="nothing.yml")


def test_an_empty_file_is_an_empty_mapping() -> None:
    for text in ("", "# only a comment\n"):
        node = parse(text)
        assert isinstance(node, Mapping)
        assert node.entries == ()


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        node = parse(text)
    except Mistakes as found:
        assert found.mistakes
    else:
        assert isinstance(node, Scalar | Mapping | Sequence)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        parse(raw)
    except Mistakes as found:
        assert found.mistakes
