"""Databases of released versions, filled, as that version left them: what an upgrade must keep.

How a release adds its own is in docs/decisions/0027-a-filled-database-of-each-release.md.
"""
