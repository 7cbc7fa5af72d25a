"""What typer says by itself: how a command is used, and what was wrong with a command line.

Most of it stands in typer as English text with values inside, so that a sentence is known by its form.
"""

from __future__ import annotations

import inspect
from typing import Any

import typer

from daemon.words import marked, tr
from daemon.words.breaking import break_japanese
from daemon.words.forms import said

BY_GETTEXT = (
    marked("Arguments"),
    marked("Options"),
    marked("Commands"),
    marked("Error"),
    marked("Aborted."),
    marked("[default: {}]"),
    marked("[env var: {}]"),
    marked("[required]"),
    marked("(deprecated) "),
    marked("(dynamic)"),
    marked("Try [blue]'{command_path} {help_option}'[/] for help."),
    marked("Missing command."),
    marked("No such command {name!r}."),
)
"""What typer looks up in the catalogue itself (``daemon.words.speak``)."""
ENGLISH = (
    marked("Usage: "),
    marked("Show this message and exit."),
    marked("Install completion for the current shell."),
    marked("Show completion for the current shell, to copy it or customize the installation."),
)
SENTENCES = (
    marked("Invalid value for {name}: {what}"),
    marked("Missing argument {name}."),
    marked("Missing option {name}."),
    marked("No such option: {name} (Possible options: {others})"),
    marked("No such option: {name}"),
    marked("{what}. Did you mean {others}?"),
    marked("No such command {name}."),
    marked("Got unexpected extra argument(s) ({names})"),
    marked("Got unexpected extra argument ({names})"),
    marked("Got unexpected extra arguments ({names})"),
    marked("Option {name} requires an argument."),
    marked("Option {name} does not take a value."),
    marked("{value} is not one of {names}."),
    marked("{value} is not a valid integer."),
    marked("Input should be a valid integer, unable to parse string as an integer"),
    marked("{value} is not in the range {range}."),
    marked("File {name} does not exist."),
    marked("Path {name} does not exist."),
    marked("Value error, {what}"),
)


def in_words(sentence: str) -> str:
    """A sentence of typer's in the language of the person; one that is not known stays as it is."""
    return said(sentence, SENTENCES)


Context: Any = typer.Context
Formatter: Any = Context.formatter_class


class SpokenFormatter(Formatter):  # type: ignore[misc]
    """ "Usage:" in the language of the person."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        break_japanese()  # what is shown next is a help text or an error
        super().write_usage(prog, args, prefix or tr("Usage: "))


class SpokenContext(Context):  # type: ignore[misc]
    """A context whose help speaks the language of the person."""

    formatter_class = SpokenFormatter

    def __init__(self, command: Any, *given: Any, **named: Any) -> None:
        super().__init__(command, *given, **named)
        translate_options([*command.params, command.get_help_option(self)])  # typer has added its own by now


def translate(command: Any) -> Any:
    """A command, or a group with all of its commands, whose help is in the language of the person."""
    command.context_class = SpokenContext
    command.help = paragraphs(command.help or "")
    translate_options(command.params)
    for part in getattr(command, "commands", {}).values():
        translate(part)
    return command


def translate_options(options: list[Any]) -> None:
    for one in options:
        if getattr(one, "help", None):
            one.help = tr(one.help)
        if isinstance(getattr(one, "show_default", None), str):
            one.show_default = tr(one.show_default)


def paragraphs(text: str) -> str:
    """A help text, each paragraph of it translated as one line; one without translation as it is."""
    lines = []
    for part in inspect.cleandoc(text).split("\n\n"):
        line = part.replace("\n", " ")
        found = tr(line)
        lines.append(part if found == line else found)
    return "\n\n".join(lines)
