"""One page with everything in it: no other file, no script, no network."""

from collections.abc import Iterator, Sequence
from html import escape

from armwise.offline.report.plots import inline_svg
from armwise.offline.report.record import Record, shown
from armwise.offline.result import Cell, Gate, Plot, Table

_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1c; --paper: #fdfdfc; --soft: #6a6a70;
  --line: #dcdce0; --own: #0a5c9e; --tint: #eaf3fb; --good: #1c7a3e; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e7ea; --paper: #16171a; --soft: #9c9ca4;
  --line: #35363b; --own: #7cc0f5; --tint: #1b2a38; --good: #6bcf8e; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .5rem; padding-top: 1rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--own); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; }
.soft, figcaption, .note { color: var(--soft); font-size: .9rem; }
.warning { border-left: 3px solid var(--bad); padding-left: .7rem; }
.wide { overflow-x: auto; margin: .4rem 0; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .8rem .28rem 0; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
th:first-child, td:first-child, .text { text-align: left; }
td:first-child { padding-left: .3rem; }
tr.own td { background: var(--tint); font-weight: 600; }
.error { color: var(--soft); font-weight: 400; font-size: .85em; }
.gates td:first-child { white-space: normal; min-width: 16rem; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 700; }
figure { margin: 1.2rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 30rem; max-width: 46rem; height: auto; }
code { font-size: .9em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media print { :root { --ink: #000; --paper: #fff; --soft: #444; --line: #bbb; --own: #0a5c9e;
  --tint: #eef4fa; } body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  h2 { break-before: page; } figure, tr { break-inside: avoid; } .wide { overflow: visible; }
  th, td { white-space: normal; } table { font-size: 7.5pt; } figure svg { min-width: 0; } }
"""


def page(records: Sequence[Record], *, draws: bool) -> str:
    """Return the page of these parts as HTML.

    Args:
        records: The parts, in their order.
        draws: Whether plots can be drawn.
    """
    body = "\n".join(_body(records, draws=draws))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>armwise: the offline regret benchmark</title>\n"
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(records: Sequence[Record], *, draws: bool) -> Iterator[str]:
    gates = [gate for record in records for gate in record.section.gates]
    met = sum(gate.is_met for gate in gates)
    yield "<header><h1>armwise: the offline regret benchmark</h1>"
    yield "<p>How well it chooses, how fast it learns, and what that costs: no model is called."
    if gates:
        yield f"<strong>{met} of {len(gates)}</strong> figures that have to be reached are reached."
    yield "</p><nav><ul>"
    for record in records:
        yield f'<li><a href="#{record.section.name}">{escape(record.section.title)}</a></li>'
    yield "</ul></nav></header>"
    for record in records:
        yield from _part(record, draws=draws)


def _part(record: Record, *, draws: bool) -> Iterator[str]:
    section = record.section
    yield f'<section id="{section.name}"><h2>{escape(section.title)}</h2>'
    if record.is_quick:
        yield '<p class="warning">A quick run: these figures are no evidence.</p>'
    yield f"<p>{escape(section.about)}</p>"
    if section.gates:
        yield "<h3>What has to be reached</h3>"
        yield from _gates(section.gates)
    if draws:
        for plot in section.plots:
            yield from _figure(plot)
    for table in section.tables:
        yield f"<h3>{escape(table.title)}</h3>"
        yield from _table(table)
        if table.note:
            yield f'<p class="note">{escape(table.note)}</p>'
    yield from _repeat(record)
    yield "</section>"


def _gates(gates: Sequence[Gate]) -> Iterator[str]:
    yield (
        '<div class="wide"><table class="gates"><thead><tr><th>what</th><th>measured</th>'
        '<th>wanted</th><th></th><th class="text">from</th></tr></thead><tbody>'
    )
    for gate in gates:
        sign = "≤" if gate.sense == "<=" else "≥"
        verdict = "met" if gate.is_met else "missed"
        yield (
            f"<tr><td>{escape(gate.what)}</td><td>{shown(gate.value)}</td>"
            f'<td>{sign} {shown(gate.target)}</td><td class="{verdict}">{verdict}</td>'
            f'<td class="text soft">{escape(gate.source)}</td></tr>'
        )
    yield "</tbody></table></div>"


def _figure(plot: Plot) -> Iterator[str]:
    names = ", ".join(line.name for line in plot.lines)
    yield f"<figure>{inline_svg(plot)}"
    yield f"<figcaption hidden>{escape(plot.title)}: {escape(names)}</figcaption></figure>"


def _table(table: Table) -> Iterator[str]:
    is_text = [
        all(isinstance(row[number], str) for row in table.rows)
        for number in range(len(table.columns))
    ]
    yield '<div class="wide"><table><thead><tr>'
    for heading, text in zip(table.columns, is_text, strict=True):
        yield f"<th{_text_class(text)}>{escape(heading)}</th>"
    yield "</tr></thead><tbody>"
    for number, row in enumerate(table.rows):
        cells = "".join(
            f"<td{_text_class(text)}>{_cell(cell)}</td>"
            for cell, text in zip(row, is_text, strict=True)
        )
        yield f"<tr{' class=own' if number in table.marked else ''}>{cells}</tr>"
    yield "</tbody></table></div>"


def _text_class(is_text: bool) -> str:
    return ' class="text"' if is_text else ""


def _cell(cell: Cell) -> str:
    value, sign, error = str(cell).partition(" ± ")
    return escape(value) + (f' <span class="error">± {error}</span>' if sign else "")


def _repeat(record: Record) -> Iterator[str]:
    machine = record.machine
    settings = {
        name: value
        for name, value in record.section.settings.items()
        if not isinstance(value, dict)
    }
    facts = {
        "Command": f"<code>{escape(record.command)}</code>",
        "Run": f"{record.date}, {record.took_s:.0f} s, seed {record.seed}",
        "Settings": escape(", ".join(f"{name} {value}" for name, value in settings.items())),
        "Machine": escape(f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
        "Versions": escape(", ".join(f"{name} {what}" for name, what in record.versions.items())),
    }
    yield "<h3>How to repeat it</h3><dl>"
    for what, fact in facts.items():
        yield f"<dt>{what}</dt><dd>{fact}</dd>"
    yield "</dl>"
