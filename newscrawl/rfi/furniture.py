"""Elements inside a body that are no part of what the article says."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from newscrawl.selector import classes

#: Furniture that stands inside the body: advertisements, promotions, buttons, links to more.
_FURNITURE = frozenset(
    "m-interstitial m-block-ad o-self-promo a-read-more m-share-bar m-from-author"
    " t-content__shares t-content__dates t-content__authors t-content__authors-tts"
    " t-content__tags t-content__related o-aside-content o-ad-container o-ad-sponsoring"
    " t-copyright t-location a-media-legend m-em-contributor a-audio-player-btn"
    " m-feed-sub m-feed-sub__audio a-twitter-follow-button o-player".split()
)
_EMBEDS = frozenset(
    ["m-em-flash", "m-em-twitter", "m-em-audio", "m-em-video", "twitter-tweet", "instagram-media"]
)
_DROPPED = frozenset(
    "script style noscript template svg math button form input select textarea object canvas"
    " audio video link meta nav head title".split()
)


def is_furniture(node: LexborNode) -> bool:
    """Whether an element is no part of what the article says."""
    return (node.tag or "") in _DROPPED or bool(classes(node) & _FURNITURE)


def is_embed(node: LexborNode, tag: str) -> bool:
    """Whether an element stands for something that a script or another site shows."""
    return tag in ("iframe", "embed") or bool(classes(node) & _EMBEDS)
