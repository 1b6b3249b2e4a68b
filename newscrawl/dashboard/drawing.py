"""Drawing a Vega-Lite specification as SVG, without a browser and without a script in the page."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from newscrawl.groups import need


def draw(chart: dict[str, Any], title: str) -> Markup:
    """The picture, with a title for those who hear it; needs the group ``browse``."""
    converter = need("vl_convert", "browse", "the dashboard")
    svg = str(converter.vegalite_to_svg(chart))
    head = Markup('<svg role="img" aria-label="{}" ').format(title)
    return head + Markup(svg.removeprefix("<svg ").replace(' role="img"', "", 1))
