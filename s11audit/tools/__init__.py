"""Audit tools: what a tool is (`schema`), how its file is read (`loader`), and three tools."""
