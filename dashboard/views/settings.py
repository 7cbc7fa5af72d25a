"""設定: the settings that a student needs, changed in the file itself after its difference was shown."""

from __future__ import annotations

from datetime import time
from typing import Any, cast

import streamlit as st

from daemon.config import Config
from daemon.config.weekly_time import WEEKDAYS, weekly_time
from daemon.errors import ConfigError
from daemon.system.lock import holder_of
from dashboard import context
from dashboard.changes import changed_lines_html
from dashboard.explain import explained
from dashboard.markup import heading, notice, small, title
from dashboard.sections_edit import SectionValues, what_is_missing
from dashboard.settings_edit import (
    SECTIONS,
    SettingsText,
    Wanted,
    changed,
    from_environment,
    read_settings,
    validate,
    with_values,
    write_settings,
)
from dashboard.settings_fields import FIELDS, FORM, GROUPS, SettingField
from dashboard.views import form_sections

NEVER = "しない"
DAYS = dict(zip(WEEKDAYS, "月火水木金土日", strict=True))


def page() -> None:
    config = context.settings()
    st.html(title("設定"))
    context.show_message()
    if config.file is None:
        st.html(notice("設定ファイルがありません", "`nippo setup` で作ると、ここで変えられます。", "warn"))
        return
    settings = read_settings(config.file)
    opened = st.session_state.get("settings_opened")
    if opened is None or (opened.sha != settings.sha and not _wanted(config)):
        _open(settings)
    for name, words, fields in GROUPS:
        st.html(heading(name) + (small(words) if words else ""))
        with st.container(border=True):
            for each in fields:
                _ask(config, each)
        if name == FORM:
            form_sections.draw(config)
    _offer(config, settings)
    st.html(small(f"ファイル: {config.file}"))


def _open(settings: SettingsText) -> None:
    """Begin with the values of the file: with new fields, so that none keeps an older value."""
    state = st.session_state
    state["settings_opened"] = settings
    state["settings_turn"] = state.get("settings_turn", 0) + 1
    form_sections.begin_anew()


def _name(each: SettingField) -> str:
    return f"set-{each.section}-{each.key}-{st.session_state['settings_turn']}"


def _ask(config: Config, each: SettingField) -> None:
    value: Any = getattr(getattr(config, each.section), each.key)
    variable = from_environment(each.setting)
    hint = f"環境変数 {variable} で決まっています。" if variable else each.help
    common: dict[str, Any] = {"key": _name(each), "disabled": bool(variable)}
    if each.kind == "lines":
        st.text_area(each.label, value="\n".join(value), height=96, **common)
    elif each.kind == "choice":
        options = list(each.choices)
        st.segmented_control(
            each.label, options, default=value, format_func=lambda one: each.choices[one], required=True, **common
        )
    elif each.kind == "several":
        options, words = list(each.choices), each.choices
        st.pills(
            each.label, options, default=value, selection_mode="multi", format_func=lambda one: words[one], **common
        )
    elif each.kind == "switch":
        st.toggle(each.label, value=value, **common)
    elif each.kind == "number":
        st.number_input(each.label, min_value=each.least, max_value=max(each.most, value), value=value, **common)
    elif each.kind == "week":
        _ask_week(each, value, common)
    else:
        st.text_input(each.label, value=value, **common)
    st.html(small(hint))


def _ask_week(each: SettingField, value: str, common: dict[str, Any]) -> None:
    day, hour, minute = weekly_time(value) if value else (NEVER, 3, 0)
    left, right = st.columns([2, 1])
    words = {NEVER: NEVER} | {one: f"{letter}曜日" for one, letter in DAYS.items()}
    left.selectbox(each.label, list(words), index=list(words).index(day), format_func=lambda one: words[one], **common)
    right.time_input("時刻", value=time(hour, minute), key=f"{common['key']}-time", disabled=common["disabled"])


def _wanted(config: Config) -> dict[tuple[str, str], Wanted]:
    """What the fields say and the settings do not."""
    state = st.session_state
    found: dict[tuple[str, str], Wanted] = {}
    for each in FIELDS:
        name = _name(each)
        if name not in state or from_environment(each.setting):
            continue
        value = state[name]
        if each.kind == "lines":
            value = tuple(line.strip() for line in value.splitlines() if line.strip())
        elif each.kind == "several":
            value = tuple(one for one in each.choices if one in value)
        elif each.kind == "week":
            value = "" if value == NEVER else f"{value} {state[f'{name}-time']:%H:%M}"
        if value is not None:
            found[each.setting] = value
    if (sections := form_sections.wanted()) is not None:
        found[SECTIONS] = sections
    return changed(config, found)


def _offer(config: Config, settings: SettingsText) -> None:
    """First what would be written, then the button that writes it: both at the lower edge, wherever the change is."""
    state = st.session_state
    opened: SettingsText = state["settings_opened"]
    wanted = _wanted(config)
    text = with_values(opened.text, wanted)
    asked = bool(wanted) and state.get("settings_asked") == text
    place = st.bottom.container(key="np-offer")
    if asked:
        place.html(heading("書きこむ内容") + changed_lines_html(opened.text, text))
    row = context.action_row()
    words, name = ("書きこむ", "write") if asked else ("保存", "save")
    save = row.button(words, type="primary", shortcut="Ctrl+S", width="stretch", key=name)
    if row.button("元に戻す", width=112, key="undo"):
        state.pop("settings_asked", None)
        _open(settings)
        st.rerun()
    if not save:
        return
    if not wanted:
        place.html(notice("変更はありません", ""))
        return
    if words := what_is_missing(cast("tuple[SectionValues, ...]", wanted.get(SECTIONS, ()))):
        place.html(notice("見出しがまだ形になっていません", words, "bad"))
        return
    try:
        validate(opened, text)
        if asked:
            write_settings(opened, text)
    except ConfigError as problem:
        place.html(explained(problem))
        return
    if not asked:
        state["settings_asked"] = text
        st.rerun()
    _open(read_settings(opened.file))
    running = holder_of(config.data_path) is not None
    hint = "デーモンには `systemctl --user reload nippo` か、起動し直すことで伝わります。"
    context.leave_message("保存しました", hint if running else "次の日報から使われます。")
    st.rerun()
