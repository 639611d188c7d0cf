"""The text of an item as safe HTML: plain, rendered from Markdown, compared with another. Pure; loads and runs nothing.

Nothing of a text becomes an element, an attribute or an address that a browser follows. The plain view is the text
itself, code point for code point: places in it are counted there. Limits and reasons: docs/showing.md.
"""

from tallystick.web.showing.difference import Difference, compared
from tallystick.web.showing.passage import Shown, shown
from tallystick.web.showing.plain import plain, said

__all__ = ["Difference", "Shown", "compared", "plain", "said", "shown"]
