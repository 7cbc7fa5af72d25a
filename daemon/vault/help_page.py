"""What ``nippo setup`` and ``nippo init`` put beside the reports: an Obsidian Bases view of them, and a page that says
how to use them.

Both are made only where they are missing; a person may edit or delete them.
"""

from __future__ import annotations

from daemon.errors import ReportBlocked, ReportTouched
from daemon.vault.layout import Layout
from daemon.vault.writer import report_digest, write_report

BASE_NAME, PAGE_NAME = "nippo.base", "日報の使い方.md"

BASE = """\
filters:
  and:
    - file.inFolder("{folder}")
    - file.name.endsWith("-nippo")
properties:
  note.date:
    displayName: 日付
  note.accepted:
    displayName: 提出した
  note.redo:
    displayName: 書き直す
  note.status:
    displayName: 状態
  note.warnings:
    displayName: 注意
  note.model:
    displayName: モデル
views:
  - type: table
    name: すべて
    order:
      - file.name
      - note.date
      - note.accepted
      - note.redo
      - note.status
      - note.warnings
      - note.model
    sort:
      - property: note.date
        direction: DESC
  - type: table
    name: まだのもの
    filters:
      and:
        - note.accepted != true
    order:
      - file.name
      - note.date
      - note.accepted
      - note.redo
      - note.status
      - note.warnings
      - note.model
    sort:
      - property: note.date
        direction: DESC
"""

PAGE = """\
# 日報の使い方

日記を保存すると、このフォルダに `日付-nippo.md` という日報の下書きができます。本文はそのまま提出できる形です。

1. 本文を読み、必要なら直します。直した日報を nippo が上書きすることはありません。
2. 提出したら、プロパティの `accepted` にチェックを入れます。その時点の本文が「正しい日報」として学習に使われます。
   あとで本文を直せば学習用の文も変わり、チェックを外せば学習から外れます。ノートを消したときは、七日待ってから外れます。
   ノートは保管庫の中で自由に動かしたり、名前を変えたりできます。
3. 別の下書きがほしいときは `redo` にチェックを入れます。新しい下書きができるまでチェックは残り、できると外れます。
   その前にチェックを外すか本文を書き続けると、作り直しは取りやめになります。直した本文は
   `.history` フォルダ(Obsidianには表示されません)に写しが残り、`nippo restore` で戻せます。

`status` は日報の様子です。`writing` は書いている途中で、本文はまだありません。`draft` は下書き、`failed` は書けなかった
日報(理由は `nippo status`)、`accepted` は提出したもの(チェックの二分ほどあとに変わります)です。
`needs-review` の日報は、`warnings` に書かれたところを確かめてから提出してください。
`evidence` のリンク先(`根拠` フォルダ)には、各行のもとになった日記の文があります。日記の文なので、提出するものには
写さないでください。要らなければ、config.toml の `[report]` に `evidence = false` と書きます。

新しく `accepted` になった日報がたまると、週に一度モデルが学習し直されます。結果は `_training` フォルダのノートに
書かれ、前より良くなったときだけ新しいモデルに替わります。学習には追加のパッケージが要ります。入っているかどうかは
`nippo doctor` で分かります。

| したいこと | コマンド |
|---|---|
| 今の様子を見る | `nippo status` |
| 学校の様式に合わせる | `nippo form learn 受理された日報.md` |
| 一週間の日報をまとめる | `nippo summary` |
| 学習に使われる日報の一覧 | `nippo pairs` |
| ある日報から何を学ぶか | `nippo pairs show 2026-01-07` |
| 消えた日報や、書き直す前の本文を戻す | `nippo restore 2026-01-07` |
| 前のモデルに戻す | `nippo rollback` |
| ある日を学習から完全に消す | `nippo forget 2026-01-07` |
"""


def write_help_page(layout: Layout) -> list[str]:
    """Make the files that are missing; return their paths in the vault. Raises ``ReportBlocked``."""
    made: list[str] = []
    texts = {BASE_NAME: BASE.format(folder=layout.report_folder or "/"), PAGE_NAME: PAGE}
    for name, text in texts.items():
        path = f"{layout.report_folder}/{name}" if layout.report_folder else name
        file = layout.file(path)
        try:
            if report_digest(file) is None:
                write_report(layout.root, file, text.encode(), None, lambda: True)
                made.append(path)
        except ReportTouched:
            continue
        except ReportBlocked:
            if not layout.file(layout.report_folder).is_dir():
                raise
    return made
