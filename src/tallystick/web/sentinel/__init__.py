"""Sentinels: the policy and what its rates mean, every chart, deciding on a fall, the auditor's check. Through app."""

from tallystick.web.sentinel.pages import mount
from tallystick.web.sentinel.words import CAUSES, RATES

__all__ = ["CAUSES", "RATES", "mount"]
