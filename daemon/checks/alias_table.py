"""Tables of ``aliases``: forms of one thing (one group a line), report words, technical katakana. By hand.

A report may use any form of a group whose other form stands in the diary.
"""
# ruff: noqa: E501

from __future__ import annotations

ALIASES = """
DB|データベース|database|RDB|リレーショナルデータベース
JS|JavaScript|ジャバスクリプト|Javascript
TS|TypeScript|タイプスクリプト
Python|パイソン|py
Java|ジャバ
Ruby|ルビー
Rails|レイルズ|Ruby on Rails
Go|golang|ゴー
C#|シーシャープ|C Sharp
C++|シープラプラ|シープラスプラス|cpp
ラズパイ|Raspberry Pi|RaspberryPi|ラズベリーパイ
アルディーノ|Arduino|アルドゥイーノ|アルデュイーノ
パワポ|PowerPoint|パワーポイント|スライド
スプシ|スプレッドシート|Spreadsheet|Googleスプレッドシート|Google Sheets
エクセル|Excel|表計算ソフト|xlsx
ワード|Word
アクセス|Access
イラレ|Illustrator|イラストレーター|Ai
フォトショ|Photoshop|フォトショップ|PS
プレミア|Premiere|Premiere Pro|プレミアプロ
アフターエフェクト|After Effects|AfterEffects|AE
ブレンダー|Blender
フィグマ|Figma
ユニティ|Unity
アンリアル|Unreal|UE|UE5|UE4|Unreal Engine|UnrealEngine|アンリアルエンジン
ギット|Git
ギットハブ|GitHub|ギトハブ
ドッカー|Docker|docker-compose|Docker Compose
クーバネティス|Kubernetes|k8s|kubectl
リナックス|Linux
ウブントゥ|Ubuntu
ウィンドウズ|Windows|Win
マック|Mac|macOS
アンドロイド|Android
アイフォン|iPhone|iOS
スマホ|スマートフォン|スマフォ|携帯
パソコン|PC|パーソナルコンピュータ|ノートPC|ノートパソコン
スクショ|スクリーンショット|キャプチャ|画面キャプチャ|screenshot
アプリ|アプリケーション|app|application
サーバ|サーバー|server|鯖
クライアント|client
ブラウザ|browser|Chrome|Safari|Firefox|Edge
インフラ|インフラストラクチャ
プログラム|プログラミング|コード|program
ソースコード|コード|ソース|source
コメント|comment
リポジトリ|レポジトリ|repo|repository|レポ
コミット|commit
プッシュ|push
プル|pull
フェッチ|fetch
マージ|merge
リベース|rebase
ブランチ|branch
コンフリクト|conflict|衝突
プルリク|プルリクエスト|PR|pull request|Pull Request
イシュー|issue|Issue
レビュー|review|コードレビュー
デプロイ|deploy|公開
ビルド|build
テスト|test|単体テスト|ユニットテスト
テストケース|テスト|test
デバッグ|デバグ|debug|デバッガ|デバッガー
バグ|bug|不具合
エラー|error|Error|Exception|例外|赤字|赤い
ログ|log|logs
ログイン|login|signin|サインイン
ログアウト|logout
パスワード|password|pass|パスワ
アカウント|account
ユーザー|user|ユーザ|利用者
メール|mail|email|e-mail|メアド
メールアドレス|mail|email|メアド|アドレス
アドレス|address|IP|アド
アイピーアドレス|IP|IPアドレス|IP address
ポート|port|番ポート|:80|:443|:22|:3000|:8080|8080|3000|443|22番|80番|Gi0|Fa0
ホスト|host|localhost|/24|/25|/26|/27|/28|台
サブネット|subnet|/24|/25|/26|/27|/28|/29|/30|マスク
サブネットマスク|subnet mask|/24|/26|/27|マスク
パブリックサブネット|パブリック|public
プライベートサブネット|プライベート|private
ルーター|router|ルータ|RT
ルーティング|routing|route|経路
ルートテーブル|route table
スイッチ|switch|SW|L2|L3
ネットワーク|network|NW|LAN|ネット
インターネット|internet|ネット
ファイアウォール|firewall|FW|ufw
ロードバランサー|ロードバランサ|ALB|ELB|NLB|LB|load balancer
セキュリティグループ|security group|SG
セキュリティ|security|SG|セキュ|情報セキュリティ
セキュリティマネジメント|セキュマネ|SG|情報セキュリティマネジメント
基本情報技術者|FE|基本情報
応用情報技術者|AP|応用情報
ITパスポート|iパス|アイパス|Iパス|IP
パスポート|iパス|アイパス|Iパス
インスタンス|instance|EC2
クラウド|cloud|AWS|GCP|Azure
コンテナ|container|docker|Docker
イメージ|image|Image
イメージサイズ|イメージ|image
ボリューム|volume
クラスタ|cluster
スクリプト|script|sh|bash|.sh|.py
シェルスクリプト|.sh|シェル|bash|shell|#!/bin|cron
シェル|bash|shell|zsh|sh
コマンド|command|cmd|ls|cd|sudo|ping|grep|chmod|--|コマンドライン|打つ|打っ
ターミナル|terminal|端末|黒い画面
ディレクトリ|directory|フォルダ|dir|mkdir
フォルダ|フォルダー|folder|ディレクトリ
ファイル|file|.py|.txt|.csv|.html|.java|.js|.css|.php|.c|yml|yaml|json|log
ログファイル|log|ログ
パス|path|PATH|/
クラス|class|Class
オブジェクト|object|Object|オブジェクト指向
メソッド|method|def|()|メソド
メンバ|member|メンバー
コンストラクタ|constructor|コンストラクター|__init__
インターフェース|interface|インタフェース|インターフェイス
オーバーライド|override|@Override
オーバーロード|overload
オーバーフロー|overflow|あふれ|溢れ|はみ出
ポインタ|pointer|*p|ポインター
ループ|loop|for|while|繰り返し
リスト|list|List|[]
スタック|stack|push
キュー|queue
ハッシュ|hash|SHA|MD5|bcrypt
マップ|map|Map
セット|set|Set
キー|key
バリュー|value
トークン|token|JWT
セッション|session
クッキー|cookie|Cookie
クエリ|query|SQL|SELECT|select
テーブル|table|表
カラム|column|列
インデックス|index|索引
トランザクション|transaction|COMMIT|ROLLBACK|begin
ロールバック|rollback
マイグレーション|migration|migrate
マイグレーションファイル|migration|migrate|マイグレーション
スキーマ|schema
リクエスト|request|req
レスポンス|response|res|返り
レスポンシブ|responsive|media|@media
レスポンシブデザイン|レスポンシブ|responsive|@media
ヘッダー|header|ヘッダ
フッター|footer|フッタ
ボディ|body|Body|本文
ボタン|button|Button
フォーム|form|Form
ページ|page|p.|頁|html|HTML
サイト|site|HP|ホームページ|Web|web|ポートフォリオ
ウェブ|Web|web|WEB
ウェブサイト|Webサイト|サイト
ハンバーガーメニュー|ハンバーガー
コンポーネント|component
ステート|state|useState
プロップス|props
フック|hook|useState|useEffect
レンダリング|render|再描画
ルート|root|route
ミドルウェア|middleware
フレームワーク|framework|FW
ライブラリ|library|lib
モジュール|module|mod
パッケージ|package|pkg|apt|pip|npm
インストール|install|入れ
アンインストール|uninstall
アップデート|update
アップロード|upload|上げ|あげ|アップ
ダウンロード|download|DL|落と
バックアップ|backup|dump|mysqldump|rsync|控え
ログローテーション|logrotate|ローテ
バージョン|version|ver|v1|v2
バージョンアップ|version|アプデ
スレッド|thread|Thread
プロセス|process|pid|PID
メモリ|memory|malloc|free|メモリー|RAM
キャッシュ|cache
バッファ|buffer
パケット|packet|Wireshark|pcap|tcpdump
キャプチャ|capture|Wireshark
プロトコル|protocol
フレーム|frame
マルチステージビルド|multi-stage|マルチステージ|multistage
リバースプロキシ|reverse proxy|nginx|proxy_pass
エンドポイント|endpoint
ノード|node|Node
ツリー|tree|木
グラフ|graph|棒グラフ|折れ線|matplotlib|plot
アルゴリズム|algorithm|アルゴ
ソート|sort|並べ替え|並び替え
バブルソート|バブル|bubble
クイックソート|クイック|quick
シミュレーション|simulation|シミュ|シム
モデル|model
ファインチューニング|fine-tuning|finetune|LoRA|fine tuning|ファインチューン|SFT
データセット|dataset
データ|data|csv|CSV|DataFrame
バッチサイズ|batch_size|batch size|バッチ
エポック|epoch|epochs
パラメータ|parameter|param|パラメーター|引数
スコア|score
ニューラルネットワーク|NN|neural network|ニューラルネット
プロンプト|prompt
チャットボット|chatbot|bot
ボット|bot|Bot
ロボット|robot|ロボ
センサー|sensor|センサ
マイコン|microcontroller|マイクロコントローラ|Arduino|ESP32
モーター|motor|モータ
オシロスコープ|オシロ
デザイン|design
レイアウト|layout
アニメーション|animation|アニメ
モーション|motion
テクスチャ|texture
ポリゴン|polygon|ポリ
ハイポリゴン|ハイポリ
ローポリゴン|ローポリ
リトポロジー|リトポ
シェーダー|shader
シーン|scene
スプライト|sprite
キャラクター|キャラ|character
プレイヤー|player|自機
ステージ|stage|面
インターンシップ|インターン|internship
エントリーシート|ES|エントリ
ポートフォリオ|portfolio|ポトフォ|ポトフォリオ
ポートフォリオサイト|ポートフォリオ|portfolio
グループディスカッション|GD|グルディス
グループワーク|GW|班活動
プレゼンテーション|プレゼン|presentation|発表
プレゼン|presentation|発表
ディベート|debate|討論
ビジネスマナー|マナー|名刺
ドキュメント|document|doc|docs|Docs|リファレンス|資料
レポート|report|報告書
テキスト|text|教科書|本文
ノート|note|ノーパソ
ポスター|poster
アンケート|questionnaire|Googleフォーム
スケジュール|schedule|予定|日程
タスク|task|ToDo|TODO|todo
スプリント|sprint
スプリントレビュー|スプリント|sprint
プロダクトバックログ|バックログ|PBL|product backlog
チケット|ticket
リーダー|leader|班長
メンバー|member|班員|メンバ|班|みんな
チームメンバー|メンバー|班員|班|チーム|みんな
ペアプログラミング|ペアプロ
デザインパターン|GoF|Singleton|Observer|Factory|Strategy|パターン
タイピングゲーム|タイピング
バーチャルマシン|VM|仮想マシン|virtual machine
仮想マシン|VM|VirtualBox
ハードウェア|hardware|ハード
ソフトウェア|software|ソフト
オペレーティングシステム|OS
ハードディスク|HDD|HD
マザーボード|マザボ
グラフィックボード|グラボ|GPU
エディタ|editor|エディター|VSCode|VS Code|Vim
アイコン|icon|ファビコン
アカデミー|academy|Academy
インジェクション|injection|SQLi
エスケープ|escape|htmlspecialchars|quote
シャッフル|shuffle
ピボットテーブル|ピボット|pivot
マクロ|VBA|macro
セル|cell|Range
リトライ|retry|再試行
デフォルトルート|0.0.0.0/0|デフォルトゲートウェイ
ルートサーバー|ルート|root
アタッチ|attach
トランク|trunk
トランクポート|トランク|trunk
シーケンス|sequence|シーケンス図
カバレッジ|coverage
プレフィックス|prefix|/64|接頭辞
エンコーディング|encoding|文字コード|UTF-8|Shift_JIS
エンコード|encode
デコード|decode
スプレッド|spread|...
リモートリポジトリ|remote|リモート|GitHub|origin
フロントエンド|frontend|フロント|front
バックエンド|backend|バック|back
ノンブロッキング|non-blocking|非同期|nonblocking
コンパイル|compile|javac|gcc
コンパイルエラー|コンパイル|コンパイラ|compile
チャンク|chunk
チャンクサイズ|chunk|チャンク|chunk_size
セグメント|segment|segmentation fault|セグフォ
セグメンテーションフォルト|segmentation fault|セグフォ|SEGV|segfault
ビット|bit|2進
バイト|byte
スレッショルド|threshold|閾値
エッジ|edge|辺
オプション|option|-
ジョブ|job|jobs|cron
カウンター|カウンタ|count|counter
タグ|tag|<
ラベル|label
アラート|alert|通知
ダッシュボード|dashboard
モニタリング|monitoring|監視
パイプライン|pipeline|CI|CD
ワークフロー|workflow|Actions
ボタン|btn|button
サイドチェインコンプレッサー|サイドチェイン|サイドチェーン
ミックス|mix|MIX|ミキシング
トレース|trace
リハーサル|通し練習|リハ
コピーライト|copyright
キーボード|keyboard
マウス|mouse
ディスプレイ|モニター|display|モニタ
プリンター|プリンタ|printer
ケーブル|cable|LANケーブル|線
テレワーク|リモート
オンライン|online|Zoom|zoom|Teams|Meet
ウェビナー|webinar
ハッカソン|hackathon
コンテスト|contest|AtCoder|コンペ
ドメイン|domain
メッセージ|message|msg|メッセ|文言
コミットメッセージ|コミット|commit
エラーメッセージ|エラー|error|Error|Exception
エラーレスポンス|エラー|error|4xx|404|400
AI|人工知能|ChatGPT|Claude|Gemini|Copilot|GPT
プルリクエスト|PR|Pull Request|pull request|プルリク
ブランチ|git|枝|main|develop|switch -c|checkout
パケット|ping|traceroute|TTL|SYN|ACK|Wireshark
デプロイ|載せ|kubectl|本番|GitHub Actions|デプる
ビルド|wasm-pack|make|cmake|gcc|docker|Dockerfile|vite|webpack|cargo
ファインチューニング|BERT|学習率|LoRA|transformers
アタッチ|IGW|attach|付け
シーケンス|Wireshark|SYN|seq|シーケンス図|sequence
シェルスクリプト|スクリプト|sh|bash
カウンター|カウント|count
メンバ|メソッド|C++|member
エンコーディング|one-hot|onehot|encode|文字化け|UTF-8|Shift_JIS
バックグラウンド|background|裏
プログラミングコンテスト|AtCoder|ABC|競プロ|コンテスト
Packet Tracer|パケトレ|パケットトレーサー
VLOOKUP|ブイルックアップ|Vルックアップ
MATCH|マッチ|#N/A
XLOOKUP|エックスルックアップ
OpenAI|ChatGPT|GPT
OpenAI API|ChatGPT|GPT|APIキー|sk-|ジーピーティー|チャッピー
if|もし|条件分岐|条件
スロット|挿し|差し|メモリ
セグメント|木|segment
プライバシー|個人情報|プライベート
ヘッド|head|Attention|分類
ビルドコンテキスト|dockerignore|docker build|ビルド
トレース|なぞ|紙に
シフト|XOR|<<|>>|シフト演算|ずら
Null|null|ぬるぽ|NullPointerException|ヌル
コンテナ|alpine|Docker|Dockerfile|イメージ|node:
サムネイル|サムネ
ロールプレイング|ロープレ|ロールプレイ
サーボモータ|サーボ|サーボモーター
Rust|所有権|borrow|cargo|&str
生成AI|ChatGPT|Claude|Gemini|GPT|AI
LLM|大規模言語モデル
API|エーピーアイ
URL|リンク|アドレス
SNS|X|Twitter|Instagram
Wi-Fi|WiFi|wifi|無線LAN
VS Code|VSCode|Visual Studio Code
Node.js|Node|node
Next.js|Next|nextjs
React|リアクト
Vue|Vue.js|ビュー
HTML|html
CSS|css
SQL|sql|SELECT
TOEIC|トイック
IoT|アイオーティー
PHP|php
Laravel|ララベル
Kotlin|コトリン
Swift|スウィフト
Flutter|フラッター
Django|ジャンゴ
Flask|フラスク
Scratch|スクラッチ
Excel|エクセル
GitHub Actions|Actions
OpenCV|cv2
タイムアウト|timeout|timed out
デッドロック|deadlock
スクレイピング|scrape|scraping
コンボボックス|combo box
スクラム|Scrum
ベロシティ|velocity
ネイバー|neighbor
ターゲット|target
テブナン|Thevenin
ロールプレイ|role play
パンフレット|パンフ
セグメント|セグ
ビール|麦酒
"""

GENERIC = """
エラー データ プログラム プログラミング ファイル コード テスト テストケース レポート スライド ミス ポイント テーマ チーム メンバー グループ クラス メモ ノート ページ サイト ツール システム
サービス ケース パターン ルール タイミング スケジュール リスト タイトル イメージ アイデア アドバイス コメント メッセージ フィードバック レビュー チェック サポート スキル レベル ステップ
バランス ニーズ メリット デメリット トラブル プロセス プロジェクト プレゼンテーション リハーサル ペア デザイン コンセプト サンプル テンプレート フォーマット スタイル サイズ カラー タスク スムーズ
テキスト ドキュメント マニュアル キーワード カテゴリ カテゴリー センター ビジネス マナー キャリア セミナー オンライン インターネット コンピュータ コンピューター パソコン ソフトウェア ハードウェア
アプリ アプリケーション ゲーム モデル モード オプション パラメータ メニュー ボタン クリック スクロール アクセス アドレス アカウント ユーザー ユーザ インストール ダウンロード アップロード
バージョン アップデート コマンド スクリプト コンテンツ アルゴリズム ロジック メソッド オブジェクト インスタンス モジュール ライブラリ フレームワーク コンポーネント ネットワーク サーバー サーバ ポート
メモリ ログ バックアップ セキュリティ アップ ダウン オフ オン セット スタート ゴール グラフ テーブル フォーム プレイヤー プレイ キャラクター アイテム ステージ スコア シーン レイアウト アニメーション
リンク タグ セル シート スマートフォン デバイス メール アイコン カード バー ライン パート セクション コーナー スペース エリア ブロック モジュール ユニット コース カリキュラム トピック
ヒアリング ディスカッション インタビュー アンケート プレゼン ポスター クイズ ドリル シミュレーション トレーニング モチベーション コミュニケーション リソース プルダウン スピード モデリング サムネイル プロフィール ディレクトリ ホームディレクトリ インシデント フォント カメラ センサー モーター グラフィック スピード インターンシップ プログラミング タイム ペース ベース メイン サブ
グループワーク リーダー スタッフ ゲスト エンジニア デザイナー クライアント チームメンバー ソースコード アクション リクエスト レスポンス スピーチ キャッシュ ルート パス スイッチ エンジン ジャンル
"""

TECHNICAL = """
ポリシー ロール ブログ ニュース ギア クリティカルパス タイムキーパー ライフライン フォーク ハンドシェイク ウェイ アーム サーボ レバー エンベロープ コンプレッサー イコライザー リバーブ ループバック
ゲートウェイ プロキシ ドメイン ホスティング レジストリ バケット トリガー ラムダ スナップショット リージョン ゾーン サブスクリプション テナント コンソール ダッシュボード アラーム メトリクス
スタック キュー ヒープ ツリー ノード エッジ ハッシュ マップ セット タプル イテレータ ジェネレータ クロージャ コールバック プロミス デコレータ アノテーション ジェネリクス ラッパー ポインタ
アサーション モック スタブ フィクスチャ リファクタリング リント フォーマッタ コンパイラ インタプリタ リンカ デバッガ プロファイラ ブレークポイント トレース スコープ ネスト インデント キャスト
レスポンシブ グリッド フレックス マージン パディング ヘッダー フッター サイドバー モーダル ツールチップ カルーセル バナー ワイヤーフレーム モックアップ プロトタイプ ペルソナ ユーザビリティ アクセシビリティ
エンティティ リレーション カーディナリティ インデックス ビュー トリガー ストアド プロシージャ トランザクション ロック デッドロック レプリケーション シャーディング クラスタ パーティション
シミュレータ エミュレータ コンテナ イメージ ボリューム オーケストレーション マニフェスト ポッド サービス デプロイメント パイプライン ステージ ランナー アーティファクト ロールバック カナリア
テンソル エポック バッチ ドロップアウト オーバーフィッティング レイヤー カーネル フィルタ プーリング アテンション トークナイザ エンベディング プロンプト ベクトル スカラ マトリクス クラスタリング
ロジスティック ソフトマックス シグモイド パーセプトロン バックプロパゲーション ヒストグラム スパイク ノイズ サンプリング ウィンドウ フーリエ スペクトル
ポリゴン メッシュ テクスチャ マテリアル シェーダー ライティング レンダリング リギング ボーン ウェイト キーフレーム モーフ パーティクル コライダー リジッドボディ レイキャスト スプライト タイルマップ
ブレッドボード レジスタ フリップフロップ デコーダ エンコーダ マルチプレクサ カウンタ トランジスタ ダイオード コンデンサ サーミスタ リレー モーター ジャイロ アンテナ
マルウェア ランサムウェア フィッシング ファイアウォール サンドボックス エクスプロイト ペネトレーション ハッシュ ソルト ストレッチング セキュア オーソリゼーション クレデンシャル
スクラム スプリント バックログ カンバン ベロシティ レトロスペクティブ デイリー ステークホルダー マイルストーン ウォーターフォール アジャイル ウェイハンドシェイク キック スネア グリッパ ガントチャート ブレインストーミング ファシリテーター
インシデント エスカレーション ナレッジ ヘルプデスク プロビジョニング キッティング ベンダー ライセンス コンプライアンス リテラシー イノベーション マーケティング
"""
