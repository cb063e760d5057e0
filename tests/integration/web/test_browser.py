"""The page as a person sees it: cookies and scripts off, by keyboard, at phone width."""

from __future__ import annotations

from integration.web.conftest import HOST, Site
from support.browser import chromium


def test_a_person_without_scripts_stops_the_messages(site: Site) -> None:
    with chromium(hosts={HOST: f"127.0.0.1:{site.port}"}) as browser:
        context = browser.new_context(
            java_script_enabled=False, locale="sv-FI", viewport={"width": 375, "height": 700}
        )
        page = context.new_page()
        page.goto(f"http://{HOST}/u/{site.token()}")
        assert page.locator("h1").inner_text() == "Vill du avsluta dessa meddelanden?"
        assert site.events() == []
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Avsluta: nyhetsbrev (e-post)").press("Enter")
        page.wait_for_selector("text=Klart")
        assert context.cookies() == []
    assert [event["kind"] for event in site.events()] == ["withdrawn", "ban_channel"]
