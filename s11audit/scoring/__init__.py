"""The rules of rating, compliance and completeness, as pure functions over plain facts.

Nothing here reads a clock, a database or a request: dates and the present moment are passed in.
The rules are numbered as in docs/rules.md.
"""
