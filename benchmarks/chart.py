"""Bars as SVG, which reads on light pages and on dark ones: it follows what the reader's system is
set to, and brings its own ground."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, BARS = 780, 250, 360
ROW, BAR, TITLE, GAP, EDGE = 24, 16, 34, 22, 20
CUT = 5  # times the second of the baselines
BASELINE = BAR - 3  # of text beside a bar

STYLE = """\
  svg {
    --ground: #ffffff; --ink: #1f2328; --faint: #59636e;
    --ours: #0969da; --theirs: #8c959f; --goal: #bc4c00;
  }
  @media (prefers-color-scheme: dark) {
    svg {
      --ground: #0d1117; --ink: #f0f6fc; --faint: #9198a1;
      --ours: #4493f8; --theirs: #6e7681; --goal: #ffa657;
    }
  }
  text {
    font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif;
    fill: var(--ink);
  }
  .title { font-weight: 600; font-size: 14px }
  .faint, .value { fill: var(--faint) }
  .value { paint-order: stroke; stroke: var(--ground); stroke-width: 4px }
  .cut { stroke: var(--ground); stroke-width: 3 }
  .ours { fill: var(--ours) }
  .theirs { fill: var(--theirs) }
  .goal { stroke: var(--goal); stroke-width: 1.5; stroke-dasharray: 4 3 }
  .limit { fill: var(--goal) }
"""


@dataclass(frozen=True)
class Bar:
    """`note` is told behind the value."""

    label: str
    value: float
    ours: bool = False
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """Bars of one unit; `goal` is a line through them."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    goal: float | None = None

    @property
    def height(self) -> int:
        return TITLE + ROW * len(self.bars) + GAP

    @property
    def whole(self) -> float:
        """What the widest bar stands for. A baseline beside which all others vanish is cut."""
        ours = [bar.value for bar in self.bars if bar.ours]
        theirs = sorted(bar.value for bar in self.bars if not bar.ours)
        if len(theirs) > 1:
            theirs[-1] = min(theirs[-1], theirs[-2] * CUT)
        return max(*ours, *theirs, self.goal or 0.0)


def number(value: float) -> str:
    """Three digits of it, and all in front of the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def svg(title: str, panels: Iterable[Panel]) -> str:
    parts: list[str] = []
    top = EDGE
    for panel in panels:
        parts += _panel(panel, top)
        top += panel.height
    height = top + EDGE - GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
            f' viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
            f'<title id="title">{escape(title)}</title>',
            f"<style>\n{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="8" style="fill: var(--ground)"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _panel(panel: Panel, top: int) -> list[str]:
    lines = [
        f'<text x="{EDGE}" y="{top + 16}"><tspan class="title">{escape(panel.title)}</tspan>'
        f' <tspan class="faint">{escape(panel.unit)}</tspan></text>'
    ]
    rows = [top + TITLE + ROW * row for row in range(len(panel.bars))]
    for y, bar in zip(rows, panel.bars, strict=True):
        lines += _bar(bar, panel.whole, y)
    if panel.goal is not None:
        lines += _goal(panel, panel.goal, top)
    return lines + [_value(bar, panel.whole, y) for y, bar in zip(rows, panel.bars, strict=True)]


def _bar(bar: Bar, whole: float, y: int) -> list[str]:
    kind, width, left = "ours" if bar.ours else "theirs", _width(bar, whole), EDGE + LABEL
    lines = [
        f'<text x="{left - 10}" y="{y + BASELINE}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{kind}" x="{left}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>',
    ]
    if bar.value > whole:
        x = left + BARS * 0.9
        lines.append(f'<path class="cut" d="M{x} {y + BAR}l6 -{BAR}m5 0l-6 {BAR}"/>')
    return lines


def _value(bar: Bar, whole: float, y: int) -> str:
    x, text = EDGE + LABEL + _width(bar, whole) + 8, number(bar.value)
    behind = f"{text} · {bar.note}" if bar.note else text
    return f'<text class="value" x="{x:.1f}" y="{y + BASELINE}">{escape(behind)}</text>'


def _width(bar: Bar, whole: float) -> float:
    return max(2.0, min(bar.value / whole, 1.0) * BARS)


def _goal(panel: Panel, goal: float, top: int) -> list[str]:
    x = EDGE + LABEL + goal / panel.whole * BARS
    first, last = top + TITLE - 6, top + TITLE + ROW * len(panel.bars) - 2
    right = WIDTH - EDGE
    return [
        f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="{first}" y2="{last}"/>',
        f'<line class="goal" x1="{right - 90}" x2="{right - 66}" y1="{top + 12}" y2="{top + 12}"/>',
        f'<text class="limit" x="{right - 60}" y="{top + 16}">goal {goal:,g}</text>',
    ]
