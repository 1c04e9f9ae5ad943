"""HTML that needs nothing but itself: every text is escaped, every picture is inside, no script can run."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light; }
body {
  font: 14px/1.45 system-ui, sans-serif; color: #15181c; background: #fff;
  margin: 32px auto; max-width: 1080px; padding: 0 24px;
}
h1 { font-size: 22px; }
h2 { font-size: 16px; margin-top: 32px; border-bottom: 1px solid #dde2e7; padding-bottom: 4px; }
h3 { font-size: 14px; margin: 20px 0 4px; }
table { border-collapse: collapse; width: 100%; }
th, td {
  text-align: left; vertical-align: top; padding: 4px 12px 4px 0;
  border-bottom: 1px solid #dde2e7; overflow-wrap: anywhere;
}
th { color: #434c56; font-weight: 500; }
img { height: 160px; margin: 4px 4px 4px 0; border-radius: 2px; }
.quiet { color: #5b656f; }
.warn { background: #fbf0d9; border-left: 3px solid #7f5000; padding: 8px 12px; }
@media print {
  body { margin: 0; max-width: none; }
  h2, h3 { break-after: avoid; }
  tr, img { break-inside: avoid; }
}
"""


def text(value: object) -> str:
    """A value as text of a page."""
    return escape("" if value is None else str(value), quote=True)


def head(title: str) -> str:
    """Everything before the first heading."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )


TAIL = "</body>\n</html>\n"


def heading(level: int, value: object) -> str:
    """A heading."""
    return f"<h{level}>{text(value)}</h{level}>\n"


def paragraph(value: object, kind: str = "") -> str:
    """A paragraph; ``kind`` is ``quiet`` or ``warn``."""
    return f'<p class="{text(kind)}">{text(value)}</p>\n' if kind else f"<p>{text(value)}</p>\n"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table."""
    top = "".join(f"<th>{text(name)}</th>" for name in headers)
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table>\n<tr>{top}</tr>\n{body}</table>\n"


def picture(jpeg: bytes, words: str) -> str:
    """A picture inside the page."""
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img src="data:image/jpeg;base64,{data}" alt="{text(words)}" title="{text(words)}">\n'
