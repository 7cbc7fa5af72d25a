"""``nippo setup``: from nothing to a first report, in Japanese and with four questions at most."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from daemon.commands.evaluate import compared, shown
from daemon.commands.fetch import fetch_with_progress
from daemon.commands.report import write_now
from daemon.config import Config, VaultSettings, load, named_config_file, user_config_file
from daemon.errors import NippoError, UsageError
from daemon.learning.comparison_run import accepted_days
from daemon.learning.model_comparison import LEAST_DAYS, config_in_use
from daemon.learning.places import known_places, place_among
from daemon.models.local_servers import look
from daemon.models.reference import is_gguf, is_here
from daemon.options import folded, on_the_way
from daemon.setup import service_install, systemctl
from daemon.setup.engine_settings import use_model, values_of
from daemon.setup.model_offers import running, suggestion, this_machine
from daemon.setup.model_question import pick
from daemon.setup.settings_file import first_answers, write_settings
from daemon.system.extras import adding, lacking
from daemon.system.hardware import choose, probe
from daemon.vault.help_page import write_help_page
from daemon.vault.layout import Layout, read_layout
from daemon.vault.obsidian import known_vaults
from daemon.vault.report_note import read
from daemon.vault.scan import DiaryNote, find_diaries

OFFERED = 5
"""So many of the newest diaries are offered for the first report."""
SIZES = {"dashboard": "約0.5GB", "train": "CPUのみの機械で約1.5GB、NVIDIAのGPUがある機械で約6GB"}


def register(app: typer.Typer) -> None:
    app.command("setup")(setup)


def setup(
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file.", show_default="the user's own")
    ] = None,
) -> None:
    """Set nippo up, in Japanese: vault, settings, model, service, first report. Settings that are there stay."""
    if not attended():
        raise UsageError("`nippo setup` asks questions and needs a terminal.", "In scripts: `nippo init --yes`.")
    typer.echo("nippoの準備をします。質問は多くて4つ、Enterだけなら [ ] の中の答えになります。\n")
    questions = Questions()
    settings, service = settings_in(named_config_file(config) or user_config_file(), questions)
    layout = read_layout(settings)
    note = _first_note(layout, known_places(settings), questions)
    compare = _compare_first(settings, questions)
    extra = _extra(questions)
    typer.echo()
    not_compared, settings = _compare(settings) if compare else ("", settings)
    failed = [
        words
        for words in (
            not_compared,
            _fetch(settings),
            _report(settings, layout, note) if note else "",
            _serve(settings) if service else "",
            _install(extra) if extra else "",
        )
        if words
    ]
    _closing(settings, layout, service, extra)
    for words in failed:
        typer.echo(f"\n※ {words}", err=True)
    if failed:
        raise typer.Exit(1)


class Questions:
    """The questions that are asked, at most ``MOST`` of them: what would come after that is left to its own command."""

    MOST = 4

    def __init__(self) -> None:
        self.asked = 0

    @property
    def left(self) -> int:
        return self.MOST - self.asked

    def yes(self, words: str, usual: bool = True) -> bool:
        self.asked += 1
        return typer.confirm(words, default=usual)

    def number(self, words: str, most: int, usual: int) -> int:
        """A number from 0 to ``most``, asked for until it is one."""
        self.asked += 1
        while True:
            number = int(typer.prompt(words, type=int, default=usual))
            if 0 <= number <= most:
                return number
            typer.echo(f"0から{most}までの番号です。")


def attended() -> bool:
    """Whether a person sits before the questions."""
    return sys.stdin.isatty()


def settings_in(file: Path, questions: Questions) -> tuple[Config, bool]:
    """The settings that are there, as they are; else new ones, for the vault that the person names. And whether the
    person wants a service."""
    if file.is_file():
        typer.echo(f"設定       {file} (そのまま使います)")
        settings = load(file)
        if settings.engine.kind != "server" and (programs := running()):
            typer.echo(f"モデル     {'・'.join(programs)} が動いています。そのモデルを見るには: nippo models")
        return settings, systemctl.available() and questions.yes("いつも動かしますか(サービス)")
    vault = _vault(known_vaults(), questions)
    answers = first_answers(vault, file)
    choice = choose(probe())
    if choice.model != "starter":
        answers |= {("engine", "kind"): choice.kind, ("engine", "model"): choice.model}
    read_layout(Config(vault=VaultSettings(path=str(vault))))
    service = False
    if systemctl.available():
        typer.echo("\nログインしている間、いつも動かしますか(サービス)。\n  1  動かして、日報ができたら通知する")
        typer.echo("  2  動かすが、通知はしない\n  0  いまは動かさない")
        way = questions.number("番号", 2, 1)
        service = way > 0
        answers["notify", "desktop"] = way == 1
    machine, programs = this_machine(), running()
    taken = pick(programs, machine, questions.yes, questions.number, look) if programs and questions.left > 1 else None
    if taken:
        answers |= values_of(taken.name, taken.url)
    write_settings(file, answers)
    settings = load(file)
    typer.echo(f"保管庫     {vault}")
    typer.echo(f"モデル     {f'{taken.name}({taken.program})' if taken else choice.model}")
    if not taken and (larger := suggestion(machine, choice.model)):
        typer.echo(f"           この機械では {larger.name} も動きます(未計測): nippo models で見られます")
    typer.echo(f"設定       {file} (作りました。すべての項目に説明があります)")
    for path in write_help_page(read_layout(settings)):
        typer.echo(f"保管庫に   {path} (作りました。消してもかまいません)")
    return settings, service


def _vault(found: list[Path], questions: Questions) -> Path:
    """The one vault that Obsidian knows, or the one that the person names."""
    if len(found) == 1:
        return found[0].absolute()
    questions.asked += 1
    for number, path in enumerate(found, start=1):
        typer.echo(f"  {number}  {path}")
    words = "番号、または保管庫(Obsidianのvault)のフォルダ" if found else "保管庫(Obsidianのvault)のフォルダ"
    while True:
        answer = str(typer.prompt(words, default="1" if found else None)).strip().strip("'\"")
        if answer.isdecimal() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1].absolute()
        named = Path(answer).expanduser()
        if named.is_dir():
            return named.absolute()
        typer.echo(f"{answer}: そのフォルダはありません。")


def _first_note(layout: Layout, places: Mapping[str, str], questions: Questions) -> DiaryNote | None:
    """The diary that the person wants a first report of, of the newest that have none yet. ``places``: where reports
    were last seen."""
    notes = [note for note in find_diaries(layout) if isinstance(note, DiaryNote)]
    where = f"{layout.diary_folder or '(保管庫の直下)'}/{layout.diary_format.text}.md"
    typer.echo(f"日記       {where} ({len(notes)}件)")
    open_notes = [note for note in notes if not layout.file(place_among(layout, places, note.day)).exists()]
    newest = sorted(open_notes, key=lambda note: note.day, reverse=True)[:OFFERED]
    if not newest:
        if not notes:
            typer.echo("           まだ1件もありません。Obsidianのデイリーノートに書くと、見つけて日報にします。")
        return None
    if not questions.left:
        typer.echo(f"           ためしに日報を作るには: nippo report {newest[0].day}")
        return None
    typer.echo("\nためしに日報を1件作れます。")
    for number, note in enumerate(newest, start=1):
        typer.echo(f"  {number}  {note.path}")
    typer.echo("  0  いまは作らない")
    number = questions.number("どの日記から", len(newest), 1)
    return newest[number - 1] if number else None


def _compare_first(settings: Config, questions: Questions) -> bool:
    """Whether a server's model is compared with nippo's before it is put to use: where there are days to compare on."""
    if settings.engine.kind != "server":
        return False
    days = len(accepted_days(config_in_use(settings)))
    if days < LEAST_DAYS or not questions.left:
        typer.echo(f"承認した日報が{LEAST_DAYS}件たまったら、nippoのモデルと比べられます: nippo evaluate")
        return False
    return questions.yes(f"使う前に、承認した{days}日分でnippoのモデルと比べますか(1日に1〜3分)", usual=False)


def _extra(questions: Questions) -> str:
    """The extra that the person wants added: the page, or page and training; "" for none or where all is there."""
    if not lacking(("dashboard", "train")):
        return ""
    if not questions.left:
        typer.echo(f"レビュー画面と毎週の学習を足すには: {adding('dashboard', 'train')}")
        return ""
    typer.echo("\n足せるもの(あとからでもかまいません):")
    typer.echo(f"  1  レビュー画面 ({SIZES['dashboard']}、1分ほど)")
    typer.echo(f"  2  レビュー画面と毎週の学習 ({SIZES['train']}、数分)")
    typer.echo("  0  いまは足さない")
    return ("", "dashboard", "dashboard,train")[questions.number("どれを足しますか", 2, 0)]


def _fetch(settings: Config) -> str:
    """Bring the model. What went wrong, in words; "" for nothing, as in all steps below."""
    model = settings.engine.model
    if settings.engine.kind == "server" or not is_gguf(model):
        return ""
    if not is_here(model):
        typer.echo("モデルを取得します(約1.1GB、初回だけ)。途中で切れても、次は続きからです。")
    try:
        fetch_with_progress(model, Console())
    except NippoError as problem:
        return _told("モデルを取得できませんでした", problem, "nippo fetch")
    return ""


def _compare(settings: Config) -> tuple[str, Config]:
    """Compare the server's model with nippo's own, and go back to that where the other is not better. What went wrong,
    in words, and the settings from then on."""
    model, url = settings.engine.server_model, settings.engine.server_url
    try:
        fetch_with_progress("starter", Console())
        found = compared(settings, model, url)
    except NippoError as problem:
        return _told("比べられませんでした", problem, "nippo evaluate"), settings
    typer.echo(shown(found))
    if found.advice == "use":
        return "", settings
    typer.echo(f"nippoのモデルを使います。{model} にするには: nippo models use {model} --server {url}")
    return "", load(use_model(settings, "starter", ""))


def _report(settings: Config, layout: Layout, note: DiaryNote) -> str:
    typer.echo(f"{note.path} から日報を書きます(1〜3分ほど)。")
    try:
        with on_the_way("  ", japanese=True) as told:
            file = write_now(settings, note.path, told)
    except NippoError as problem:
        return _told("日報を書けませんでした", problem, f"nippo report {note.day}")
    report = read(file.read_bytes())
    console = Console()
    console.print(
        Panel(Text(folded(report.body.strip(), console.width - 4)), title=file.relative_to(layout.root).as_posix())
    )
    for warning in report.warnings:
        typer.echo(f"※ {warning}")
    return ""


def _serve(settings: Config) -> str:
    try:
        done = service_install.install(service_install.plan(settings))
    except NippoError as problem:
        return _told("サービスを登録できませんでした", problem, "nippo service install")
    typer.echo(f"サービス   {done.file} (登録しました)")
    return ""


def _install(extra: str) -> str:
    """Run the command that adds packages. It comes last: uv and pipx make the environment of this process anew."""
    command = adding(*extra.split(","))
    typer.echo(f"$ {command}")
    if sys.platform == "win32":
        return f"この窓を閉じてから、上のコマンドを実行してください: {command}"
    code = subprocess.call(shlex.split(command))
    return f"追加のパッケージが入りませんでした(終了コード {code})。もう一度: {command}" if code else ""


def _told(failed: str, problem: NippoError, again: str) -> str:
    return f"{failed}: {problem}\n  → やり直すには: {again}"


def _closing(settings: Config, layout: Layout, service: bool, extra: str) -> None:
    where = f"{layout.report_folder}/" if layout.report_folder else "保管庫の直下"
    typer.echo("\n準備ができました。")
    if not service:
        typer.echo("  nippo run         見張りを始めます(Ctrl-Cで終わり)")
    typer.echo("  nippo status      いまの様子")
    if extra or not lacking(("dashboard",)):
        typer.echo("  nippo dashboard   レビュー画面")
    typer.echo(
        f"日記を書くと、{where} に日報ができます。提出したら、プロパティの accepted にチェックを入れてください。"
    )
    if settings.report.evidence:
        typer.echo(
            f"各行のもとになった日記の文は {layout.evidence_folder}/ に置きます。{where} を人と共有すると見えます。"
        )
        typer.echo(f"要らなければ、{settings.file} の [report] に evidence = false と書いてください。")
