"""What each page shows, as frozen values: templates get one of these and never query.

A route fills a view from what `app` answers; `web/render.py` turns view and template into HTML.
Times are ISO 8601 in UTC, links are paths of this cell, numbers are numbers: the templates format them.
A field that may be None says in its class what None means.
"""
