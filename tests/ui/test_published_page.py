"""The published pages in a real browser: they render, their policy lets nothing else in, and they ask nobody for anything."""

import pytest
from playwright.sync_api import Browser

from .fixtures import Demo

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["index.html", "finance.html", "restricted.html"])
def test_a_page_renders_alone(browser: Browser, demo: Demo, name: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    address = (demo.home / "published" / "current" / name).as_uri()
    page.goto(address)
    assert page.locator("h1").first.is_visible()
    assert page.locator("table tbody tr").count() > 0, "the page shows figures"
    styled = page.locator("table").first.evaluate("element => getComputedStyle(element).borderCollapse")
    assert styled == "collapse", "its own style is let in by the hash in its policy"
    assert asked == [address]
    assert said == []

    # What somebody might smuggle in does not run and is not loaded.
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.smuggled = true';
            document.body.append(script);
            const image = document.createElement('img');
            image.src = 'http://127.0.0.1:9/x.png';
            document.body.append(image);
        }"""
    )
    page.wait_for_timeout(100)
    assert page.evaluate("() => window.smuggled") is None
    assert len([text for text in said if "Content Security Policy" in text]) >= 2
    page.close()
