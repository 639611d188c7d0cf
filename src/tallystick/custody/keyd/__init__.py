"""The key process: one thread that alone holds the token, behind a Unix socket, and what a cell asks it with."""

from tallystick.custody.keyd.client import KeydClient

__all__ = ["KeydClient"]
