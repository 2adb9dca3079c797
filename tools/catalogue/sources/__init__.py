"""Where facts are fetched: one module a service, each turning its answers into the values of `answers`."""
