"""Tallystick: human judgments for AI models, with proof of how every one of them came about."""

__version__ = "0.1.0"
