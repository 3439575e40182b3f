"""Descriptions that describe nothing: placeholders, links, and the tails that authors sign with."""

from __future__ import annotations

import re

__all__ = ["described", "is_placeholder"]

# Compared with the whole text once marks at both ends are gone; case does not count.
_NOTHING = re.compile(
    r"(?:add (?:a )?(?:plot|synopsis|storyline)|(?:the )?plot (?:is |kept |currently )*"
    r"(?:unknown|unavailable|under wraps|tba|tbd|coming soon|to be (?:announced|determined))|"
    r"(?:unknown|no|missing) (?:plot|synopsis|description|overview|storyline)(?: (?:yet|available|"
    r"found|known))*|(?:see|read) full (?:summary|synopsis)|coming soon|under construction|"
    r"lorem ipsum.*|n/?a|nan|none|null|tb[acd]|to be (?:announced|confirmed|determined)|unknown|"
    r"(?:synopsis|description|storyline) (?:not available|unavailable|to follow))",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(
    r"\s*(?:\u2026|\.{3})?\s*(?:\u00bb|>>)?\s*\b(?:see|read) full (?:summary|synopsis).*$",
    re.I | re.S,
)
_ADDRESS = r"[<{(][^<>{}()\s]+@[^<>{}()\s]+[>})]"
_NAME = r"(?-i:[A-Z][\w.'-]*)"
_AUTHOR = re.compile(  # signed with "written by", with a dash and two names, or with an address
    r"(?:(?<=[.!?])\s+|\s*[-\u2013\u2014]{1,2}\s*|\s*\()"
    r"(?:written|summary|synopsis|submitted|plot) by\b\s*:?"
    r"\s+\S.{0,80}$"
    rf"|\s*(?:[\u2014\u2013]|--)\s*{_NAME}(?:\s+{_NAME}){{0,3}}\s*{_ADDRESS}\s*$"
    rf"|\s*(?:[\u2014\u2013]|--)\s*(?:anonymous|{_NAME}(?:\s+{_NAME}){{1,3}}(?<![.!?]))\s*$"
    rf"|\s*{_ADDRESS}\s*$",
    re.IGNORECASE,
)
_MARKS = " \t\r\n.,:;!?\"'*-_()[]<>/\\\u00bb\u2026\u2013\u2014"


def is_placeholder(text: str | None) -> bool:
    """Whether a description only says that there is none."""
    told = (text or "").strip(_MARKS)
    return not told or _NOTHING.fullmatch(told) is not None


def described(text: str | None) -> str | None:
    """A description without link and author's tail; None for a placeholder.

    >>> described("A man waits. See full summary »")
    'A man waits.'
    >>> described("Add a Plot »") is None
    True
    """
    if is_placeholder(text):
        return None
    told = _LINK.sub("", text or "")
    told = _AUTHOR.sub("", told).strip()
    return None if is_placeholder(told) else told
