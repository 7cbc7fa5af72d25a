"""Secrets and contact data, found by their shape. Pure; positions are those of the given (normalised) text."""

# ruff: noqa: E501 - patterns read best whole

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from daemon.checks.text import KANJI, normal


class Secret(NamedTuple):
    kind: str
    start: int
    end: int
    why: str


_SHAPES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("credential", "秘密鍵", re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]{0,8000}-----END [A-Z ]{0,40}KEY-----)?")),
    ("credential", "APIキーの形", re.compile(
        r"(?<![A-Za-z0-9])(?:"
        r"(?:sk|pk|rk)[-_](?=[A-Za-z_-]{0,24}\d)[A-Za-z0-9_-]{8,200}"
        r"|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,24}"
        r"|gh[pousr]_[A-Za-z0-9]{8,255}|github_pat_[A-Za-z0-9_]{16,255}|glpat-[A-Za-z0-9_-]{16,64}"
        r"|xox[abeprs]-[A-Za-z0-9-]{8,255}|AIza[A-Za-z0-9_-]{20,64}|ya29\.[A-Za-z0-9._-]{8,255}"
        r"|hf_[A-Za-z0-9]{16,64}|npm_[A-Za-z0-9]{20,64}|pypi-[A-Za-z0-9_-]{20,255}"
        r"|eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}(?:\.[A-Za-z0-9_-]{4,2000})?"
        r"|(?=[A-Za-z0-9_-]{0,79}\d)(?=[A-Za-z0-9_-]{0,79}[A-Z])[A-Za-z0-9_-]{12,80}\.[A-Za-z0-9_-]{4,80}\.[A-Za-z0-9_-]{6,160}"
        r")(?![A-Za-z0-9])")),
    ("handle", "連絡先の後のアカウント名", re.compile(r"(?:連絡先|アカウント|インスタ|ツイッター|ID)(?:を交換した|は|が|:|=|。|、|→| ){1,3}(?P<value>[a-z][a-z0-9]{1,20}[_.][a-z0-9_.]{1,20})(?![A-Za-z0-9(])")),
    ("credential", "Webhookのアドレス", re.compile(
        r"https://(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/[\w/-]{8,200}")),
    ("credential", "アドレスに含まれるパスワード", re.compile(r"(?<=://)[^\s/:@]{1,64}:[^\s/@]{1,64}(?=@)")),
    ("email", "メールアドレスの形", re.compile(
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])")),
    ("card", "カード番号の形", re.compile(r"(?<![\d-])\d{4}([- ])\d{4}\1\d{4}\1\d{4}(?![\d-])|(?<!\d)\d{16}(?!\d)")),
    ("phone", "電話番号の形", re.compile(
        r"(?<![\d-])(?:\+81[- ]?\d{1,4}|\(?0\d{1,4}\)?)[- ]\d{1,4}[- ]\d{3,4}(?![\d-])|(?<!\d)0[5789]0\d{8}(?!\d)"
        r"|(?<!\d)0120\d{6}(?!\d)")),
    ("number", "番号の形", re.compile(
        r"(?<=\d{0})(?<![\d-])\d{4}([- ])\d{4}\1\d{4}(?![\d-])"
        r"|(?:マイナンバー|個人番号|口座番号?|学籍番号|社員番号|保険証?番号|免許証?番号|会員番号|受験番号)[^\n\d。A-Z]{0,8}([A-Z\d][A-Z\d-]{3,15}\d)")),
    ("address", "住所の形", re.compile(
        r"〒 ?\d{3}-?\d{4}(?: ?[^\s。、]{2,30})?"
        rf"|(?:[{KANJI}]{{2,3}}[都道府県])?[{KANJI}ァ-ヶー]{{1,8}}[市区町村][{KANJI}ァ-ヶーぁ-ん]{{0,12}}?"
        r"(?:\d{1,3}丁目[\d番地号-]{0,12}|\d{1,3}-\d{1,3}(?:-\d{1,4})?(?![\d-])|\d{1,4}番地\d{0,3})")),
)  # fmt: skip

_SECRET_WORD = re.compile(
    r"(?:パスワード|パスワ|パスフレーズ|パス(?=[ :=はが→「`])|ぱすわーど|合言葉|秘密の質問|暗証番号|暗証|認証コード|ワンタイム|アクセスキー|シークレット(?:キー)?|"
    r"[Aa][Pp][Ii] ?キー|API ?[Kk]ey|トークン|(?<![A-Za-z_.$-])(?:[A-Z0-9_]{1,30}_)?(?:[Pp]ass(?:word|wd|phrase|code)?|PASS(?:WORD|WD|PHRASE)?|[Pp][Ww][Dd]?|PIN|"
    r"[Ss]ecret(?:_?[Kk]ey)?|SECRET(?:_KEY)?|[Tt]oken|TOKEN|[Aa]pi_?[Kk]ey|API_?KEY|KEY)(?![A-Za-z_(]))"
)
_SECRET_LINK = re.compile(
    r"[^\S\n]{0,3}(?:[^\s。!-~]{0,10}?)[\s:=はがもを→「『\"'`(]{1,4}(?:[^\s。!-~]{0,6}[「『\"'`:=]{1,2})?"
)
_SECRET_VALUE = re.compile(r"[!-~]{4,80}")
_LONG = re.compile(r"(?<![A-Za-z0-9_./@-])[A-Za-z0-9+/=_-]{16,4096}(?![A-Za-z0-9_/@-])")


_ALGORITHM = re.compile(
    r"(?:base\d{2}|sha-?\d{1,3}|md5|hs\d{3}|rs\d{3}|es\d{3}|aes-?\d{0,3}|ed25519|utf-?\d{1,2}|bcrypt|argon2(?:id)?|oauth ?2?(?:\.0)?|x509|p\d{3})",
    re.I,
)


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values()) if text else 0.0


def _looks_secret(value: str) -> bool:
    """Whether the value after a word such as パスワード is one: mixed characters, not code and not a plain word."""
    if (
        "(" in value
        or ")" in value
        or value.startswith(("--", "<", "/", ".", "$", "http"))
        or value.endswith((";", "_"))
    ):
        return False
    digits, upper, lower = (any(test(c) for c in value) for test in (str.isdigit, str.isupper, str.islower))
    marks = any(c in "!#$%&*+?@^~" for c in value)
    if _ALGORITHM.fullmatch(value) or re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", value):
        return False  # an algorithm, or the name of an environment variable
    if value.islower() and "_" in value and not digits:
        return False  # the name of a function or a file
    return (digits and (upper or lower)) or (marks and (upper or lower) and len(value) >= 8) or value.isdigit()


def find_secrets(text: str) -> list[Secret]:
    """Given a normalised text, return its secrets in order of position, none inside another."""
    found = [Secret(kind, *_span(match), why) for kind, why, shape in _SHAPES for match in shape.finditer(text)]
    found.extend(_after_word(text))
    found.extend(_after_login(text))
    found.extend(_random_looking(text))
    found.sort(key=lambda secret: (secret.start, -secret.end))
    kept: list[Secret] = []
    for secret in found:
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
    return kept


def _span(match: re.Match[str]) -> tuple[int, int]:
    """The number alone where a word in front of it says what it is, else the whole match."""
    if "value" in match.re.groupindex:
        return match.span("value")
    if match.re.groups == 2 and match.group(2):
        return match.span(2)
    return match.span()


def _after_word(text: str) -> Iterator[Secret]:
    for word in _SECRET_WORD.finditer(text):
        link = _SECRET_LINK.match(text, word.end())
        value = link and _SECRET_VALUE.match(text, link.end())
        if value:
            plain = re.split(r"[`\"']|(?<=\w{4})\(", value.group())[0].rstrip(",.)]}")
            if len(plain) >= 4 and _looks_secret(plain):
                yield Secret("credential", value.start(), value.start() + len(plain), "パスワードなどを表す語の後")


_LOGIN = re.compile(
    r"(?:@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}|(?:user|ユーザー?|ID|id|login|ログイン|Wi-Fi|SSID|root|アカウント)[ :=]{0,3}[!-~]{0,40}) ?[/,|] ?(?P<value>[!-~]{6,64})"
)


def _after_login(text: str) -> Iterator[Secret]:
    """The password of a pair: root / …, someone@… / …."""
    for match in _LOGIN.finditer(text):
        value = match["value"].rstrip(",.)]}`")
        if len(value) >= 6 and _looks_secret(value):
            yield Secret("credential", match.start("value"), match.start("value") + len(value), "ログイン名の後")


def _random_looking(text: str) -> Iterator[Secret]:
    for match in _LONG.finditer(text):
        value = match.group()
        digits = sum(map(str.isdigit, value))
        letters = sum(map(str.isalpha, value))
        if digits >= 3 and letters >= 3 and "-" not in value.strip("-") and entropy(value) > 3.2:
            yield Secret("credential", *match.span(), "無作為に見える文字列")


def secrets_in(text: str) -> list[Secret]:
    """Given any text, return its secrets by their place in it, in order, none inside another. They are looked for in the
    normalised text, in which a full-width one looks like any other."""
    source = normal(text)
    found: list[Secret] = []
    for secret in find_secrets(source.text):
        start, end = source.span(secret.start, secret.end)
        found.append(Secret(secret.kind, start, end, secret.why))
    return found
