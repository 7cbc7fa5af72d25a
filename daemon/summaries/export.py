"""A range of reports as Markdown, as a table (CSV) and as a Word document. Only report bodies, as they stand."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from daemon.config.report_form import ReportSettings
from daemon.errors import UsageError
from daemon.summaries.days import ReportedDay, in_words, lines_of
from daemon.summaries.page import DRAFT, OWN, PLANS
from daemon.system.extras import adding
from daemon.words import tr

COLUMNS = ("日付", "曜日", "状態", "種類", "科目", "内容")
KINDS = {"lesson": "学習", "assignment": "課題", "certification": "資格", "job": "就職活動", "plan": PLANS}
_FORMULA = ("=", "+", "-", "@", "\t")


def as_markdown(days: Sequence[ReportedDay]) -> bytes:
    """The reports one under the other, each below its day."""
    blocks = [f"# {_title(one)}\n\n{one.body}" for one in days]
    return ("\n\n".join(blocks) + "\n").encode()


def as_csv(days: Sequence[ReportedDay], report: ReportSettings) -> bytes:
    """A row for each line, with a byte order mark so that Excel reads it as UTF-8. A cell that Excel would take for a
    formula has an apostrophe in front."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in days:
        for line in lines_of(one, report):
            kind = OWN if line.part == "own" else KINDS.get(line.kind, "")
            status = "提出済み" if one.accepted else "下書き"
            cell = f"'{line.text}" if line.text.startswith(_FORMULA) else line.text
            writer.writerow((one.day.isoformat(), in_words(one.day)[-2], status, kind, line.subject, cell))
    return text.getvalue().encode("utf-8-sig")


def as_docx(days: Sequence[ReportedDay], first: date, last: date) -> bytes:
    """A Word document, a heading for each day, its report line by line. Raises ``UsageError`` without python-docx."""
    try:
        from docx import Document
    except ImportError:
        raise UsageError(
            tr("Word documents need python-docx."), tr("Add it: {adding}", adding=adding("docx"))
        ) from None
    document = Document()
    document.core_properties.author = ""
    document.core_properties.comments = ""
    document.core_properties.title = f"日報 {first.isoformat()}〜{last.isoformat()}"
    for one in days:
        document.add_heading(_title(one), level=1)
        for line in one.body.split("\n"):
            if line.strip():
                document.add_paragraph(line)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def _title(one: ReportedDay) -> str:
    return in_words(one.day, year=True) + ("" if one.accepted else DRAFT)
