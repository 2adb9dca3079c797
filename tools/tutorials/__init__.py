"""Tutorials: one percent-format source each, read by `source`, executed by `run`; results are committed.

`tools.site.pages.tutorials` makes the pages. Nothing here knows a page, and nothing there runs a cell.
"""
