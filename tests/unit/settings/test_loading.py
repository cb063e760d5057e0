"""`campaigns.yml`: every mistake at its place, in one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import Mistakes, UserError
from campaigns.settings.loading import find_workspace, load
from campaigns.settings.secrets import Secret, secret

ROOT = Path(__file__).parents[3]


def changed(tmp_path: Path, **replacements: str) -> Path:
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    for old, new in replacements.items():
        old = old.replace("__", " ")
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "campaigns.yml"
    path.write_text(text, encoding="utf-8")
    return path


def found(path: Path) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        load(path)
    return [f"{mistake.code} {mistake.message}" for mistake in caught.value.mistakes]


def test_the_workspace_of_the_repository_is_sound() -> None:
    settings = load(ROOT / "campaigns.yml")
    assert set(settings.controllers) == {"lahti_energia", "sahkoverkko"}
    assert settings.policy.soft_opt_in.value is False


def test_a_source_takes_from_the_one_it_is_like() -> None:
    sources = load(ROOT / "campaigns.yml").sources
    assert sources["network_customers"].columns == sources["crm_customers"].columns
    assert sources["network_customers"].controller == "sahkoverkko"


def test_all_mistakes_come_in_one_run_each_once(tmp_path: Path) -> None:
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    for old, new in {
        "default_controller: lahti": "default_controller: lahtii",
        "provider: maildir": "provider: maildr",
        "    processor: own_systems": "    procesor: own_systems",
        "value: off": "value: maybe",
        'delimiter: ";"': 'delimeter: ";"',
        "Europe/Helsinki": "Europe/Helsink",
        "like: web_events": "like: web_event",
    }.items():
        text = text.replace(old, new, 1)
    path = tmp_path / "campaigns.yml"
    path.write_text(text + "\nsmtp_password: x\n", encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        load(path)
    assert [(mistake.code, mistake.message) for mistake in caught.value.mistakes] == [
        ("CFG003", "`time_zone` `Europe/Helsink`: is no time zone; write it like Europe/Helsinki."),
        ("CFG004", "there is no controller called `lahtii_energia`."),
        ("CFG003", "`provider` `maildr`: is not one of the words for it."),
        ("CFG001", "`procesor` is not a key here."),
        ("CFG003", "`value` `maybe`: say on or off."),
        ("CFG001", "`delimeter` is not a key here."),
        ("CFG004", "there is no complete source called `web_event`."),
        ("CFG011", "`smtp_password` looks like a secret, and this file is committed."),
    ]
    assert [mistake.hint.splitlines()[0] for mistake in caught.value.mistakes[1:4]] == [
        "did you mean `lahti_energia`?",
        "did you mean `maildir`?",
        "did you mean `processor`?",
    ]


def test_a_bare_policy_value_is_a_mistake(tmp_path: Path) -> None:
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    start, end = text.index("  soft_opt_in:\n"), text.index("  meter_data:")
    path = tmp_path / "campaigns.yml"
    path.write_text(text[:start] + "  soft_opt_in: on\n" + text[end:], encoding="utf-8")
    assert len(found(path)) == 1


def test_links_must_be_https(tmp_path: Path) -> None:
    path = changed(tmp_path, **{"base_url:__https://viesti": "base_url: http://viesti"})
    assert found(path) == [
        "CFG003 `base_url` `http://viesti.lahtienergia.example`: must start with https://."
    ]


def test_the_workspace_is_the_nearest_folder_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "campaigns.yml").write_text("", encoding="utf-8")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    monkeypatch.delenv("CAMPAIGNS_WORKSPACE", raising=False)
    assert find_workspace() == tmp_path
    with pytest.raises(UserError, match="CFG010"):
        find_workspace(inner)


def test_a_secret_never_prints(monkeypatch: pytest.MonkeyPatch) -> None:  # attack 101
    monkeypatch.setenv("CAMPAIGNS_SMTP_PASSWORD", "canary")
    value = secret("smtp_password")
    assert value is not None
    assert value.reveal() == "canary"
    assert "canary" not in f"{value} {value!r} {[value]}"


def test_a_secret_file_that_others_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text("canary\n", encoding="utf-8")
    file.chmod(0o644)
    monkeypatch.delenv("CAMPAIGNS_API_KEY", raising=False)
    monkeypatch.setenv("CAMPAIGNS_API_KEY_FILE", str(file))
    with pytest.raises(UserError, match="CFG012"):
        secret("api_key")
    file.chmod(0o600)
    assert secret("api_key") == Secret("canary")


@pytest.mark.parametrize("name", ["personal_code", "credit", "credentials", "recordings"])
@pytest.mark.parametrize("place", ["segments", "templates"])
def test_what_is_never_shown_cannot_be_opened(tmp_path: Path, name: str, place: str) -> None:
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith(f"  {name}:"))
    path = tmp_path / "campaigns.yml"
    path.write_text(text.replace(line, line.replace(f"{place}: no", f"{place}: yes")), encoding="utf-8")
    assert found(path) == [f"CFG013 `{name}` is never opened to {place}."]


def test_no_purpose_uses_what_is_closed_to_segments(tmp_path: Path) -> None:
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    path = tmp_path / "campaigns.yml"
    wanted = "categories: [identity, contact, relationship, contract, site]"
    path.write_text(
        text.replace(wanted, wanted.replace("site]", "credit]"), 1).replace(
            wanted, wanted.replace("site]", "free_text]"), 1
        ),
        encoding="utf-8",
    )
    assert found(path) == [
        "CFG014 no purpose may use the category `credit`.",
        "CFG014 no purpose may use the category `free_text`.",
    ]
