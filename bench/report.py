"""The one table."""
import statistics
import textwrap

import measure


class Row:
    """A comparison: ratio of cost (lower is better) or of speed (higher is better), and its bar."""

    def __init__(self, section, what, peer, ratio, bar, figure):
        self.section, self.what, self.peer, self.figure = section, what, peer, figure
        self.bar_text = "reported" if bar is None else f"{bar[0]} {bar[1]:g}"
        self.middle = statistics.median(ratio)
        self.low, self.high = measure.interval(ratio) if len(ratio) > 1 else (self.middle,) * 2
        self.runs = len(ratio)
        self.met = "-"
        if bar is not None:
            good = self.middle <= bar[1] if bar[0] == "<=" else self.middle >= bar[1]
            self.met = "met" if good else "NOT MET"

    def cells(self):
        digits = 3 if self.middle < 10 else 1
        spread = f"{self.low:.{digits}f}-{self.high:.{digits}f}" if self.runs > 1 else "exact"
        return [self.what, self.peer, f"{self.middle:.{digits}f}", spread, self.figure, self.bar_text, self.met]


HEADER = ["what", "against", "ratio", "95%", "figures (ours; peer's)", "bar", ""]
WIDTHS = [40, 34, 7, 13, 27, 8, 7]


class Report:
    """Collects rows, prints each section as it comes, and the whole at the end."""

    def __init__(self):
        self.rows = []

    def cost(self, section, what, peer, ours, theirs, bar, figure):
        """A bar on cost: ours divided by theirs."""
        self._add(Row(section, what, peer, measure.ratios(ours, theirs), bar and ("<=", bar), figure))

    def speed(self, section, what, peer, ours, theirs, bar, figure):
        """A bar on speed, from two costs: theirs divided by ours."""
        self._add(Row(section, what, peer, measure.ratios(theirs, ours), bar and (">=", bar), figure))

    def _add(self, row):
        self.rows.append(row)
        print(f"    {row.what} / {row.peer}: {row.middle:.3f} [{row.low:.3f}, {row.high:.3f}]"
              f" {row.bar_text} {row.met}  ({row.figure})", flush=True)

    def text(self):
        """The table for a terminal."""
        lines = []

        def put(cells):
            wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS)]
            for i in range(max(map(len, wrapped))):
                lines.append("  ".join((w[i] if i < len(w) else "").ljust(width)
                                       for w, width in zip(wrapped, WIDTHS)).rstrip())

        put(HEADER)
        section = None
        for row in self.rows:
            if row.section != section:
                section = row.section
                lines.append(f"--- {section} ".ljust(sum(WIDTHS) + 2 * len(WIDTHS) - 2, "-"))
            put(row.cells())
        return "\n".join(lines)

    def markdown(self):
        """The table for bench/RESULTS.md."""
        lines = ["| section | " + " | ".join(HEADER[:-1]) + " | met |", "|---|---|---|---|---|---|---|---|"]
        lines += [f"| {row.section} | " + " | ".join(row.cells()) + " |" for row in self.rows]
        return "\n".join(lines)


def duration(seconds):
    """A duration in the unit that suits it."""
    for unit, scale in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def both(ours, theirs, form=duration):
    """Medians of both sides, for context."""
    return f"{form(statistics.median(ours))}; {form(statistics.median(theirs))}"


def tps(seconds):
    """Transactions per second."""
    return f"{1 / seconds:.0f}/s"
