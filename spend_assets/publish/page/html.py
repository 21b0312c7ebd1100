"""Escaped HTML: a document with a policy that allows nothing but its own style, and tables."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from html import escape

Cell = str | int | Decimal | date | None
"""Decimal is money and shown to the cent; None is unknown, which is not zero."""

STYLE = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6676;--line:#d8dde5;--back:#fff;--band:#f5f7fa;--link:#0b57c2}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#9aa5b4;--line:#343c48;--back:#14181e;--band:#1b2129;--link:#7fb2ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .25rem}
p{margin:.25rem 0 .75rem;max-width:48rem}.soft{color:var(--soft)}a{color:var(--link)}nav a{margin-right:1rem}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{padding:.4rem .75rem;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
tbody tr:last-child td{border-bottom:0}tbody tr:nth-child(even){background:var(--band)}
th{font-weight:600;color:var(--soft)}
.number{text-align:right;font-variant-numeric:tabular-nums}.unknown{color:var(--soft);font-style:italic}
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'"
CENT = Decimal("0.01")


def paragraph(text: str, css: str = "") -> str:
    return f'<p class="{css}">{escape(text)}</p>' if css else f"<p>{escape(text)}</p>"


def section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>\n{chr(10).join(parts)}\n</section>"


def table(headers: Sequence[str], rows: Iterable[Sequence[Cell]], numbers: frozenset[str]) -> str:
    """A table; the columns whose header is in `numbers` are aligned to the right."""
    right = [header in numbers for header in headers]
    head = "".join(f'<th scope="col"{_css(at_right)}>{escape(header)}</th>' for header, at_right in zip(headers, right, strict=True))
    body = "\n".join("<tr>" + "".join(_cell(value, at_right) for value, at_right in zip(row, right, strict=True)) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _css(at_right: bool) -> str:
    return ' class="number"' if at_right else ""


def _cell(value: Cell, at_right: bool) -> str:
    if value is None:
        return f'<td class="unknown{" number" if at_right else ""}">unknown</td>'
    return f"<td{_css(at_right)}>{escape(_text(value))}</td>"


def _text(value: str | int | Decimal | date) -> str:
    if isinstance(value, Decimal):
        return f"{value.quantize(CENT, ROUND_HALF_EVEN):,}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    return value.isoformat() if isinstance(value, date) else value


def document(title: str, subtitle: str, links: Sequence[tuple[str, str]], sections: Iterable[str]) -> str:
    """One self-contained page: no script, nothing loaded from anywhere."""
    anchors = "".join(f'<a href="{escape(target)}">{escape(text)}</a>' for target, text in links)
    body = "\n".join(sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="soft">{escape(subtitle)}</p>
<nav>{anchors}</nav>
{body}
</main>
</body>
</html>
"""
