"""Servers on loopback that answer as the services do, rule by rule, so that no test needs any of them.

`python -m tests.standins` starts them and prints the variables that point the refresh at them.

github-schema.graphql.gz is GitHub's published schema, from npm's @octokit/graphql-schema 15.26.1 (MIT).
"""
