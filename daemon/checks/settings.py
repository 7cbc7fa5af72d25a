"""What the checks know about the person: the [privacy] and [report] sections of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.config import PrivacySettings
from daemon.config.report_form import ReportSettings


@dataclass(frozen=True)
class CheckSettings:
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    report: ReportSettings = field(default_factory=ReportSettings)
