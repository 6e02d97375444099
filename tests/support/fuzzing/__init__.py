"""Sends the service what no person would: every form of every page, and every file it takes."""
