"""Measures how fast the service is, beside the same machine's floor. See docs/speed.md."""
