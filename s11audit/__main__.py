"""`python -m s11audit` is the same as the command `s11audit`."""

from s11audit.cli import main

if __name__ == "__main__":
    main()
