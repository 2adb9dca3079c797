"""Servers on loopback that answer as arXiv and GitHub do, rule by rule, so that no test needs either.

`python -m tests.standins` starts both and prints the two variables that point the refresh at them.

github-schema.graphql.gz is GitHub's published schema, from npm's @octokit/graphql-schema 15.26.1 (MIT).
"""
