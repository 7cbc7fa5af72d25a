"""The commands of `nippo`, one module each; a module brings its commands by ``register(app)``.

``COMMANDS`` has the line of each that ``nippo --help`` shows, so that the list of commands loads none of them, and a
command only what it runs.
"""

COMMANDS = {
    "accept": "Tick `accepted`: the report as it stands is what you handed in, and the model may learn from it.",
    "reject": "Untick `accepted`: the model does not learn from this report, even where its note is gone.",
    "redo": "Have the report drafted anew, in place of what stands in the note now. A body that you edited is kept.",
    "restore": "Bring back what you wrote: a report whose note is gone, or the body that a new draft has replaced.",
    "backfill": "Write reports for older diary notes that have none. Stopping and starting again goes on where it was.",
    "check": "Explain a report: what no model sees of its diary, checks, private terms, the lines behind each bullet.",
    "copy": "Put the body of a report on the clipboard, ready to be pasted into the school's form.",
    "open": "Open a report in Obsidian.",
    "dashboard": "Open the review page in the browser. It listens on 127.0.0.1 only, behind a secret; Ctrl-C ends it.",
    "demo": "Show nippo at work on the sample vault, in a temporary folder that goes away at the end.",
    "doctor": "Look at settings, vault, private parts, model, observer and machine. Exit code 1 when something fails.",
    "evaluate": (
        "Write a report for every row and print a table: leaks, fact recall, inventions, style, form, chrF, seconds."
    ),
    "export": "Write the reports of a range of days into one file: Markdown, CSV or DOCX. Diaries are not read.",
    "fetch": "Download the model now, so that the first report does not wait for it. A broken download goes on.",
    "forget": (
        "Withdraw a day's pairs and draft, remove their text from the database, name the versions trained on them."
    ),
    "form": "The form of report that your school wants.",
    "import": (
        "Take in diaries and their reports as accepted pairs. Rows that cannot be taken are listed; exit code 1 then."
    ),
    "init": "Find the vault, read its daily-note settings, choose the model, write a commented config.toml.",
    "models": (
        "List the models that this machine could write with: Ollama's, LM Studio's, llama-server's, and known ones."
    ),
    "pairs": "List the accepted reports, how much each draft was edited, and the versions that were trained on it.",
    "rebuild": (
        "Make the database anew from the vault: every accepted report becomes a pair again, wherever its note lies."
    ),
    "report": "Write the report of one diary note now, by the running daemon or without one.",
    "retrain": (
        "Learn from the accepted reports now: the weekly training, with gate and verdict, without waiting for Sunday."
    ),
    "run": "Watch the vault and write reports until stopped (Ctrl-C or SIGTERM).",
    "setup": "Set nippo up: vault, settings, model, service, first report. Settings that are there stay.",
    "status": "Show the daemon, its queue and the notes that were set aside. Exit code 1 when no daemon runs.",
    "summary": "Put the reports of a week or a month together: by subject, with days, every line as a report has it.",
    "train": "Fine-tune a LoRA adapter and keep it as a new version. It writes no draft before `nippo promote`.",
    "versions": "List the versions: the one in use, what each was trained on, and how the gate judged it.",
    "promote": "Use a version from the next report on; a running daemon needs no restart.",
    "rollback": "Go back to the version that was in use before.",
    "prune": "Remove old versions. The one in use and the one to roll back to always stay.",
    "service": "Run nippo as a systemd service that starts with the machine.",
}
ELSEWHERE = {
    "reject": "accept",
    "redo": "accept",
    "restore": "accept",
    "import": "import_pairs",
    "open": "copy",
    "promote": "versions",
    "rollback": "versions",
    "prune": "versions",
}
"""The module of a command where it has not the command's own name."""
