"""A report as Markdown, for whoever keeps or sends it. Reads the report, writes nothing."""

from collections.abc import Iterator

from tallystick.flow.monitoring.report import Report
from tallystick.flow.monitoring.sections import Section
from tallystick.flow.monitoring.told import COUNT, SHARE, Number, percent


def markdown(report: Report) -> str:
    """The whole report: the summary, then each question with causes, actions and figures."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# Quality of {_plain(report.title)}"
    yield ""
    yield (
        f"Of {report.judgments:,} judgments on {report.items:,} items, up to journal entry {report.upto:,}. Intervals "
        "are at 95 %. No person is named."
    )
    yield ""
    yield from (f"- {_plain(sentence)}" for sentence in report.summary)
    for section in report.sections:
        yield ""
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    yield _plain(section.answer)
    if section.missing:
        yield ""
        yield f"*{_plain(section.missing)}*"
    for cause in section.causes:
        yield ""
        yield f"- {_plain(cause.sentence)}"
        yield f"  **{_plain(cause.action)}**"
    numbers = [number for cause in section.causes for number in cause.numbers] + list(section.numbers)
    if numbers:
        yield ""
        yield "| figure | value | of | from |"
        yield "| --- | --- | --- | --- |"
        yield from dict.fromkeys(_row(number) for number in numbers)


def _row(number: Number) -> str:
    return f"| {_cell(number.name)} | {value_of(number)} | {number.n or ''} | {_cell(number.origin)} |"


def value_of(number: Number) -> str:
    """A figure with its interval as people read it."""
    if number.value is None:
        return "too few"
    if number.unit == COUNT:
        return f"{number.value:,.0f}"
    show = percent if number.unit == SHARE else _decimal
    if number.low is None or number.high is None:
        return show(number.value)
    return f"{show(number.value)} ({show(number.low)} to {show(number.high)})"


def _decimal(value: float) -> str:
    return f"{value:.2f}"


def _plain(text: str) -> str:
    """Text of people in Markdown: nothing in it may become a heading, a link or markup."""
    one_line = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in one_line)


def _cell(text: str) -> str:
    return _plain(text)
