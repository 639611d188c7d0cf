"""Monitoring: figures of work, categories held against each other, shortcut audits, the report on quality."""

from tallystick.app.monitoring.audit import Audited, AuditsPage, PastAudit, audits, run
from tallystick.app.monitoring.confused import ConfusedPage, confused
from tallystick.app.monitoring.figures import DOMAIN, ExpertPage, Judge, Overview, OwnPage, expert, overview, own
from tallystick.app.monitoring.report import ReportPage, quality

__all__ = [
    "DOMAIN",
    "Audited",
    "AuditsPage",
    "ConfusedPage",
    "ExpertPage",
    "Judge",
    "Overview",
    "OwnPage",
    "PastAudit",
    "ReportPage",
    "audits",
    "confused",
    "expert",
    "overview",
    "own",
    "quality",
    "run",
]
