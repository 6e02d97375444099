"""The demonstration: two boards as they were published, and an invented one at work."""
