"""Pages out of data; nothing here fetches or trains.

    words/, links     what the interface says in each language; how pages name each other
    project/          all that pages are made of, read once
    exports/          files for programs: JSON, CSV, BibTeX, feeds, calendars
    pages/            pages for readers; each kind is a module and a line of its registry
    finish/           what a built page gets, whichever generator built it; knows words/ and links alone
    generator/        MkDocs' hook, and all else that knows MkDocs

A room knows only those above it.
"""
