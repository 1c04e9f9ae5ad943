"""Pieces of XML 1.0, put together by hand: fast, and nothing in a text can become markup."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold at all (https://www.w3.org/TR/xml/#charsets)."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_MARKUP = re.compile('[&<>"\r]')
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def words(value: object) -> str:
    """A value as the text of an element or attribute; what XML cannot hold is replaced."""
    return _MARKUP.sub(lambda found: _ENTITIES[found[0]], _FORBIDDEN.sub(REPLACEMENT, str(value)))


def element(tag: str, /, *content: str, **attributes: object) -> str:
    """An element with its attributes; ``content`` is XML already, such as `words` or other elements."""
    start = tag + "".join(f' {key}="{words(value)}"' for key, value in attributes.items())
    return f"<{start}>{''.join(content)}</{tag}>"


def elements(values: Mapping[str, object]) -> str:
    """One element for each name, with its value as text."""
    return "".join(element(name, words(value)) for name, value in values.items())
