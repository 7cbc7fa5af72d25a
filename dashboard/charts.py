"""The plots, as Altair values that the browser draws from what Streamlit ships. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas  # noqa: F401 - see below

# Altair asks `sys.modules` for pandas, and finds it half imported while Streamlit loads it in another visitor's thread:
# whoever imports this module has it whole.


def _chart(values: Sequence[Mapping[str, object]]) -> Any:
    return alt.Chart(alt.Data(values=[dict(each) for each in values]))  # type: ignore[no-untyped-call]


def loss_curve(points: Sequence[Mapping[str, object]]) -> Any:
    """Training loss by step as a line, the loss on held-out rows as dots; points as ``runs.loss_points`` gives them."""
    base = _chart(points).encode(
        x=alt.X("step:Q", title="ステップ"),
        y=alt.Y("loss:Q", title="損失", scale=alt.Scale(zero=False)),
        color=alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=["学習", "検証"], range=["#7aa7cc", "#d2603f"]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[alt.Tooltip("step:Q", title="ステップ"), alt.Tooltip("loss:Q", title="損失", format=".4f")],
    )
    line = base.transform_filter("datum.kind == '学習'").mark_line()
    dots = base.transform_filter("datum.kind != '学習'").mark_line(point=alt.OverlayMarkDef(size=70))
    return alt.layer(line, dots).properties(height=260)


def edit_curve(weeks: Sequence[tuple[date, float, int]]) -> Any:
    """The weekly median of the edited share, as ``changes.weekly`` gives it."""
    values = [{"week": monday.isoformat(), "share": share, "count": count} for monday, share, count in weeks]
    return (
        _chart(values)
        .mark_line(point=alt.OverlayMarkDef(size=60), color="#4a86b8")
        .encode(
            x=alt.X("week:O", title="週(月曜日)", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("share:Q", title="直した割合", axis=alt.Axis(format=".0%"), scale=alt.Scale(domainMin=0)),
            tooltip=[
                alt.Tooltip("week:N", title="週"),
                alt.Tooltip("share:Q", title="直した割合", format=".1%"),
                alt.Tooltip("count:Q", title="件数"),
            ],
        )
        .properties(height=240)
    )
