"""The commands of the command line, a module a noun. `s11audit.cli` puts them together."""
