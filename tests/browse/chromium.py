"""A headless Chromium for tests: it reaches 127.0.0.1 alone and keeps what its console said."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

#: As Debian's packages chromium and chromium-driver name them.
_PROGRAMS = ("chromium", "chromedriver")


class Browser:
    """A Chromium, with the few things that the tests do in it."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Load a page."""
        self.driver.get(url)

    def one(self, css: str) -> WebElement:
        """The first element that a selector finds; it must be there."""
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        """All elements that a selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def style(self, css: str, name: str) -> str:
        """A computed property of the first element that a selector finds."""
        return str(self.one(css).value_of_css_property(name))

    def script(self, text: str, *arguments: Any) -> Any:
        """What a script answers that runs in the page, whatever its policy."""
        return self.driver.execute_script(text, *arguments)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what a page does after a key or a click; fails after ten seconds."""
        WebDriverWait(self.driver, 10).until(lambda _: is_so())

    def follow(self, link: WebElement) -> None:
        """Click a link and wait for the next page."""
        link.click()
        is_gone = staleness_of(link)
        self.until(lambda: bool(is_gone(self.driver)))

    def complaints(self) -> list[str]:
        """What the console was told since it was last asked, but for notes."""
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [line["message"] for line in log if line["level"] in ("SEVERE", "WARNING")]

    def is_drawn(self, picture: WebElement) -> bool:
        """Whether a picture shows anything: it looks other than the same place without it."""
        shown = picture.screenshot_as_png
        self.script("arguments[0].style.visibility = 'hidden'", picture)
        hidden = picture.screenshot_as_png
        self.script("arguments[0].style.visibility = ''", picture)
        return shown != hidden


@contextmanager
def chromium(width: int = 1200, height: int = 900) -> Iterator[Browser]:
    """Run Chromium until the block ends; fails, and says what is missing, without it."""
    places = [shutil.which(name) for name in _PROGRAMS]
    if not all(places):
        pytest.fail("needs Debian's packages chromium and chromium-driver")
    options = ChromeOptions()
    options.binary_location = str(places[0])
    for argument in (
        "--headless=new",
        "--no-sandbox",  # it runs as root in a container
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--window-size={width},{height}",
        "--force-color-profile=srgb",
        "--lang=en",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(str(places[1])))
    try:
        driver.set_page_load_timeout(60)
        yield Browser(driver)
    finally:
        driver.quit()
