"""Subjects of IT schools with the words that give them away; Latin words (True) stand alone, others anywhere."""

SUBJECTS: dict[str, tuple[tuple[bool, str], ...]] = {
    "Java": ((True, r"Java|JUnit|Spring(?: ?Boot)?|Maven|Gradle|Eclipse|Thymeleaf|Servlet|JSP|ArrayList|HashMap"),),
    "JavaScript": (
        (True, r"JavaScript|TypeScript|JS|TS|React|Vue|Next\.js|Node(?:\.js)?|npm|useState|useEffect|jQuery|Express"),
    ),
    "Python": ((True, r"Python|pandas|NumPy|Django|Flask|FastAPI|Jupyter|matplotlib|pytest|pip"),),
    "PHP": ((True, r"PHP|Laravel|Composer|Blade|Eloquent"),),
    "C・C++": ((True, r"C言語|C\+\+|gcc|makefile|malloc|printf|scanf"), (False, r"C言語|ポインタ|構造体")),
    "C#・Unity": ((True, r"C#|Unity|\.NET|ASP\.NET|LINQ|Prefab|Rigidbody"),),
    "Ruby": ((True, r"Ruby|Rails"),),
    "Go・Rust": ((True, r"Go|goroutine|Rust|cargo"),),
    "Kotlin・Swift": ((True, r"Kotlin|Android(?: ?Studio)?|Swift(?:UI)?|Xcode|Flutter|Dart"),),
    "HTML・CSS": ((True, r"HTML|CSS|Sass|Flexbox|Bootstrap|Tailwind|grid"), (False, r"レスポンシブ|コーディング規約")),
    "データベース": (
        (True, r"SQL|DB|MySQL|PostgreSQL|SQLite|Oracle|JOIN|SELECT|WHERE|GROUP BY|INDEX|ER図|MongoDB|Redis|EXPLAIN"),
        (
            False,
            r"データベース|正規化|正規形|主キー|外部キー|副問い?合わせ|索引|トランザクション|ER図|内部結合|外部結合",
        ),
    ),
    "Linux": (
        (
            True,
            r"Linux|Ubuntu|CentOS|bash|chmod|chown|cron|systemd|systemctl|journalctl|grep|sed|awk|ssh|vim|LVM|nginx|Apache",
        ),
        (False, r"シェルスクリプト|パーミッション|パイプ"),
    ),
    "ネットワーク": (
        (True, r"TCP|UDP|IP|VLAN|OSPF|BGP|DNS|DHCP|NAT|ping|Wireshark|Packet ?Tracer|ARP|HTTP|TLS|STP|Cisco|ACL"),
        (False, r"ネットワーク|サブネット|ルーティング|ルータ|スイッチ|IPアドレス|パケット"),
    ),
    "クラウド": (
        (True, r"AWS|EC2|S3|VPC|IAM|Lambda|RDS|Azure|GCP|Cloud ?Run|Terraform|CloudFormation|CloudFront|DynamoDB"),
        (False, r"クラウド|ロードバランサ"),
    ),
    "コンテナ・CI": (
        (True, r"Docker(?:file)?|docker|Kubernetes|k8s|kubectl|GitHub ?Actions|CI|Ansible|compose"),
        (False, r"コンテナ"),
    ),
    "Git": (
        (True, r"Git(?:Hub|Lab)?|git|rebase|merge|commit|push"),
        (False, r"プルリク|コンフリクト|ブランチ|コミット"),
    ),
    "セキュリティ": (
        (True, r"XSS|CSRF|SQLi|CTF|RSA|AES|OWASP|Burp|nmap|Metasploit|JWT|OAuth"),
        (False, r"セキュリティ|脆弱性|暗号|署名|マルウェア|フィッシング|不正アクセス|ファイアウォール"),
    ),
    "AI・データ分析": (
        (True, r"AI|PyTorch|TensorFlow|scikit-learn|CNN|RNN|LSTM|BERT|GPT|LLM|YOLO|SVM|RAG|ReLU|AUC|RMSE"),
        (
            False,
            r"機械学習|深層学習|ディープラーニング|ニューラル|回帰|分類器|学習率|過学習|混同行列|クラスタリング|データ分析",
        ),
    ),
    "アルゴリズム": (
        (True, r"BFS|DFS|DP|AtCoder"),
        (False, r"アルゴリズム|再帰|二分探索|ソート|計算量|動的計画|スタック|キュー|木構造|グラフ理論|フローチャート"),
    ),
    "数学・統計": (
        (False, r"数学|線形代数|行列|微分|積分|確率|統計|ベクトル|離散|集合|標準偏差|分散|検定|命題|2進|16進|基数"),
    ),
    "英語": ((True, r"TOEIC"), (False, r"英語|英単語|英文|リスニング|長文")),
    "ゲーム・CG": (
        (True, r"Blender|Maya|Unreal|UE5|Substance|ZBrush|WebGL|Shader|UV"),
        (False, r"ゲーム制作|シェーダ|モデリング|テクスチャ|レンダリング|当たり判定|UV展開|アニメーション"),
    ),
    "デザイン・映像": (
        (True, r"Figma|Photoshop|Illustrator|Premiere|After ?Effects|XD|UI|UX"),
        (False, r"デザイン|配色|バナー|ワイヤーフレーム|タイポグラフィ|動画編集|カット"),
    ),
    "組込み・電子": (
        (True, r"Arduino|ESP32|Raspberry ?Pi|I2C|SPI|UART|PWM|PLC|LED|MOSFET|RTOS"),
        (False, r"組み?込み|ラズパイ|マイコン|センサ|はんだ|回路|オシロ|サーボ|モーター|割り込み"),
    ),
    "OS・計算機": (
        (True, r"CPU|OS|ALU|RISC-V"),
        (False, r"仮想記憶|スケジューリング|プロセス|スレッド|キャッシュ|排他制御|デッドロック|論理回路"),
    ),
    "設計・管理": (
        (True, r"UML|WBS|DDD|PMBOK"),
        (
            False,
            r"要件定義|基本設計|詳細設計|クラス図|シーケンス図|ユースケース|スクラム|アジャイル|見積|議事録|テスト仕様",
        ),
    ),
    "会計・ビジネス": ((False, r"簿記|仕訳|会計|損益|原価|マーケティング|ビジネスマナー|敬語|電話応対"),),
    "Office": (
        (True, r"Excel|Word|PowerPoint|VBA|XLOOKUP|VLOOKUP|Access"),
        (False, r"ピボットテーブル|差し込み印刷|マクロ"),
    ),
}
