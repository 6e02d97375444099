"""The words and rules of the audit that need nothing of the web or the database."""
