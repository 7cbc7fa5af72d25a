"""The checks of form: lead line, bullets, closing; style of the sentences; length; sentences copied from the diary."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from daemon.checks.findings import Finding
from daemon.checks.lexicon import FEELINGS
from daemon.checks.school_form import any_title, has_layout, is_counted, is_header, read_sections, without_mark
from daemon.checks.text import KANJI, normalise
from daemon.config.report_form import ReportSettings

BULLET = re.compile(r"^[ \t]{0,8}(?:[*\-+・•●◦]|\d{1,2}[.)])[ \t]{0,4}(?=\S)")
_HEADING = re.compile(r"^(?:#{1,6} .{1,40}|【[^】]{1,40}】|[■◆●▼〇○□◇] ?.{1,40}|[^。\n]{1,30}[::])$")
_UNSPOKEN = ("lead", "no-study", "heading", "fixed", "own")
"""Kinds of lines whose wording is the form's or the person's own."""
_POLITE = re.compile(r"(?:です|ます|でした|ました|ません|ませんでした|ましょう|でしょう|ください)$")
_POLITE_INSIDE = re.compile(r"(?:です|ます|でした|ました|ません)(?:が|ので|けれど|けど|から|し)、")
_PLAIN = re.compile(r"(?:た|だ|る|う|く|す|つ|ぬ|む|ぐ|ぶ|い|ん|である)$")
_QUOTED = re.compile(r"「[^「」\n]*」|『[^『』\n]*』|`[^`\n]*`|\([^()\n]*\)|\"[^\"\n]*\"")
_TRAILING = re.compile(r"[\s。.」』)\]`\"*]+$")
_FIRST_PERSON = re.compile(
    r"(?:^|[、。\s])(?:私|わたし|あたし|僕|ぼく|ボク|俺|おれ|オレ|うち|わい|ワイ)(?:[はがもの]|たち|ら)"
)
_FEELING = re.compile(
    "|".join(map(re.escape, FEELINGS))
    + rf"|(?<![{KANJI}])不安(?!定|全)"
    + r"|最高(?!気温|周波|限|次|潮|値|点|裁|齢|速|位|峰|学府|額|水準|温度|記録|ランク|レベル|給)"
    + r"|満足(?!度|し(?:て|た|ない)|す)|最悪(?!値|の場合|の?計算|ケース|時)|感動|やば[いくか]|だる[いか]|すご[いくか]"
    + r"|眠[いくか気]|面倒(?!を)"
)


@dataclass(frozen=True)
class Line:
    """One line of a report that is not empty. ``kind``: lead, bullet, closing, no-study, heading or text, and in a
    school's form "fixed" (header, fixed text) and "own" (left for the person). ``section``: the index of its part,
    ``title``: how many characters of a title or of a mark that counts stand in front on the same line."""

    number: int
    kind: str
    text: str
    section: int | None = None
    title: int = 0

    def as_typed(self, raw: str) -> str:
        """What the line tells in the characters of the body, where ``raw`` is its whole line before normalising."""
        typed = raw.strip()[-len(self.text) :] if self.text else ""
        return typed if normalise(typed) == self.text else self.text


def read_lines(report: str, settings: ReportSettings) -> list[Line]:
    """Given a normalised report, return its lines with what each is. One without any title of the form's sections, such
    as a report from before the form was set, is read by its marks alone."""
    if settings.sections:
        parts = list(read_sections(report, settings))
        if any(one.titled for one in parts) or not any_title(settings):
            return [Line(one.number, one.kind, one.text, one.section, one.title) for one in parts]
    lead, closing, no_study = (normalise(text).strip() for text in (settings.lead, settings.closing, settings.no_study))
    mark = normalise(settings.bullet).rstrip()
    lines: list[Line] = []
    for number, raw in enumerate(report.split("\n"), start=1):
        text = raw.strip()
        if not text:
            continue
        bullet = BULLET.match(raw)
        if text == no_study:
            kind = "no-study"
        elif lead and text == lead:
            kind = "lead"
        elif is_header(text, settings.header):
            kind = "fixed"
        elif is_counted(mark) and (told := without_mark(text, mark)):
            kind, text = "bullet", told
        elif (mark and text.startswith(mark)) or bullet:
            kind = "bullet"
            text = (
                text[len(mark) :].strip()
                if mark and text.startswith(mark)
                else raw[bullet.end() :].strip()
                if bullet
                else text
            )
        elif closing and text.startswith(closing):
            kind = "closing"
        elif _HEADING.match(text):
            kind = "heading"
        else:
            kind = "text"
        counted = kind == "bullet" and is_counted(mark)
        lines.append(Line(number, kind, text, None, len(raw.rstrip()) - len(text) if counted else 0))
    return lines


def bullets(report: str, settings: ReportSettings) -> list[Line]:
    return [line for line in read_lines(report, settings) if line.kind == "bullet"]


def says_nothing(report: str, settings: ReportSettings) -> bool:
    """Whether a normalised report is the sentence that nothing was studied, under its header at most."""
    return [line.kind for line in read_lines(report, settings) if line.kind != "fixed"] == ["no-study"]


def without_form(report: str, settings: ReportSettings, own: bool = False) -> str:
    """A normalised report with blanks in place of what the form itself says (header, titles, fixed texts), and with
    ``own`` also of what a person wrote into the parts left for it; every character keeps its place."""
    if not has_layout(settings):
        return report
    raw = report.split("\n")
    for line in read_lines(report, settings):
        text = raw[line.number - 1]
        title = line.kind == "heading" and line.section is not None
        whole = title or line.kind == "fixed" or (own and line.kind == "own")
        size = len(text) if whole else line.title
        raw[line.number - 1] = " " * size + text[size:]
    return "\n".join(raw)


def check_form(report: str, settings: ReportSettings) -> list[Finding]:
    """Given a normalised report, check lead line, bullets, optional closing, or the no-study sentence alone; of a form
    with sections its titles and their order."""
    if says_nothing(report, settings):
        return []
    if settings.sections:
        return _check_sections(report, settings)
    lines = [line for line in read_lines(report, settings) if line.kind != "fixed"]
    kinds = [line.kind for line in lines]

    def finding(message: str, line: int | None = None) -> Finding:
        return Finding("form", line, None, message)

    if not lines:
        return [finding("日報が空です。")]
    findings = []
    if "no-study" in kinds:
        findings.append(
            finding("「学習活動なし」の文と、ほかの内容が両方あります。", lines[kinds.index("no-study")].number)
        )
    if settings.lead and kinds[0] != "lead":
        findings.append(finding("書き出しの行がありません。", lines[0].number))
    if "bullet" not in kinds:
        findings.append(finding("箇条書きがありません。"))
    extra = extra_headings(settings)
    section = False
    for index, line in enumerate(lines):
        if line.kind == "heading" and _heading_key(line.text) in extra:
            section = True
        elif line.kind == "bullet":
            section = section and index > 0
        elif line.kind == "closing" and index != len(lines) - 1 and not extra:
            findings.append(finding("結びの文の後に続きがあります。", line.number))
        elif line.kind in ("text", "heading") and not section:
            findings.append(finding("書き出し、箇条書き、結びのどれでもない行があります。", line.number))
        elif line.kind == "lead" and index > 0:
            findings.append(finding("書き出しの行が二度あります。", line.number))
    return findings


def _check_sections(report: str, settings: ReportSettings) -> list[Finding]:
    lines = read_lines(report, settings)
    kinds = [line.kind for line in lines]
    findings: list[Finding] = []
    if "no-study" in kinds:
        what = "「学習活動なし」の文と、ほかの内容が両方あります。"
        findings.append(Finding("form", lines[kinds.index("no-study")].number, None, what))
    if "bullet" not in kinds:
        findings.append(Finding("form", None, None, "学習の内容が一つもありません。"))
    if settings.lead and "lead" not in kinds:
        findings.append(Finding("form", None, None, "書き出しの行がありません。"))
    plain = normalise(report).split("\n")
    missing = [one for one in settings.header if not any(is_header(line.strip(), (one,)) for line in plain)]
    if missing:
        findings.append(Finding("form", None, None, "日付や氏名などの、はじめの行が足りません。"))
    seen = [line.section for line in lines if line.section is not None]
    for index, section in enumerate(settings.sections):
        if section.title and not section.optional and index not in seen:
            findings.append(Finding("form", None, None, f"「{section.title.strip()}」の欄がありません。"))
    order = list(dict.fromkeys(seen))
    if order != sorted(order) or len(order) != sum(a != b for a, b in zip([None, *seen], seen, strict=False)):
        findings.append(Finding("form", None, None, "欄の順が様式と違います。"))
    for line in lines:
        if line.kind == "text":
            what = "様式のどの欄のものでもない行があります。"
            findings.append(Finding("form", line.number, None, what))
    return findings


SECTIONS_NOTE = "次の見出しの節も、日記にあるときだけ書きます: "
"""How the sections that a person adds stand in ``instructions``: a rule for the model, and read back here."""


def extra_headings(settings: ReportSettings) -> frozenset[str]:
    """The headings of sections that the person adds, as learned from accepted reports (see ``form_learning``)."""
    names = [
        line.removeprefix(SECTIONS_NOTE) for line in settings.instructions.split("\n") if line.startswith(SECTIONS_NOTE)
    ]
    return frozenset(_heading_key(name) for text in names for name in text.split("、"))


def _heading_key(text: str) -> str:
    return re.sub(r"[#【】■◆●▼〇○□◇::\s*]", "", normalise(text))


def is_symbol(character: str) -> bool:
    """Whether a character is an emoji or a decorative sign."""
    code = ord(character)
    return (
        code >= 0x1F000
        or 0x2600 <= code <= 0x27BF
        or (code in (0x200D, 0xFE0F, 0x2B50, 0x2B55, 0x3030, 0x266A))
        or (
            unicodedata.category(character) == "So"
            and not (0x2100 <= code <= 0x214F or 0x2500 <= code <= 0x25FF or code < 0x100)
        )
    )


def check_style(report: str, settings: ReportSettings) -> list[Finding]:
    """Given a normalised report: endings of the configured style; no emoji, exclamation mark or feeling."""
    style = "desu-masu" if settings.style == "auto" else settings.style
    findings = []
    for line in read_lines(report, settings):
        if line.kind in _UNSPOKEN:
            continue
        bare = _QUOTED.sub("〃", line.text)
        for sentence in re.split("。", bare):
            end = _TRAILING.sub("", sentence)
            if not end or (end.endswith("〃") and style == "any"):
                continue
            if style == "desu-masu" and not _POLITE.search(end):
                findings.append(Finding("style", line.number, None, "です・ます調で終わっていない文があります。"))
            mixed = _POLITE.search(end) or _POLITE_INSIDE.search(end) or not _PLAIN.search(end)
            if style == "de-aru" and mixed:
                findings.append(Finding("style", line.number, None, "である調で終わっていない文があります。"))
        if "!" in re.sub(r"!=|!important|!\[|[A-Za-z0-9]!(?=[A-Za-z0-9])|!!(?=[をはがの])", "", bare):
            findings.append(Finding("style", line.number, None, "感嘆符があります。"))
        if any(map(is_symbol, line.text)):
            findings.append(Finding("style", line.number, None, "絵文字や飾り記号があります。"))
        if _FIRST_PERSON.search(bare) or _FEELING.search(bare):
            findings.append(Finding("style", line.number, None, "個人の気持ちや一人称が書かれています。"))
    return findings


def check_length(report: str, settings: ReportSettings) -> list[Finding]:
    """Given a normalised report, compare its characters (without line ends) and bullets with the bounds."""
    lines = read_lines(report, settings)
    if says_nothing(report, settings):
        return []
    told = "".join(line.text for line in lines if line.kind not in _UNSPOKEN) if has_layout(settings) else report
    size = len(told.replace("\n", "").strip())
    count = sum(line.kind == "bullet" for line in lines)
    findings = []
    if size < settings.min_characters:
        findings.append(Finding("length", None, None, f"{settings.min_characters}文字より短い日報です（{size}文字）。"))
    if size > settings.max_characters:
        findings.append(Finding("length", None, None, f"{settings.max_characters}文字より長い日報です（{size}文字）。"))
    if count > settings.max_bullets:
        findings.append(
            Finding("length", None, None, f"箇条書きが{settings.max_bullets}個より多くあります（{count}個）。")
        )
    return findings


COPIED_CHARACTERS = 12
_TERMS = re.compile(r"[A-Za-z0-9_.+#/-]+")


def check_copied(report: str, diary: str, settings: ReportSettings) -> list[Finding]:
    """Given a normalised report and diary, find sentences of 12 characters or more that stand in the diary verbatim.
    Quoted strings and Latin terms do not count: a technical term has no other wording."""
    source = re.sub(r"\s+", "", diary)
    findings = []
    for line in read_lines(report, settings):
        if line.kind in _UNSPOKEN:
            continue
        for sentence in line.text.split("。"):
            plain = re.sub(r"\s+", "", sentence)
            own = _TERMS.sub("", re.sub(r"「[^「」]*」|『[^『』]*』|`[^`]*`", "", plain))
            if len(own) >= COPIED_CHARACTERS and plain in source:
                findings.append(Finding("copied", line.number, None, "日記の文がそのまま写されています。"))
    return findings
