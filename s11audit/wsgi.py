"""What gunicorn serves: `gunicorn "s11audit.wsgi:served()"`."""

import gc
import sys

from flask import Flask

from s11audit import create_app, process_log
from s11audit.observing import WithRequest, tell_failures

APP_FAILED_TO_LOAD = 4  # gunicorn stops at this code of a worker, and does not try again


def served() -> Flask:
    """Return the application, with what it logs written as JSON lines. Settings that cannot be
    read or are too weak end the process with one sentence each."""
    try:
        app = create_app()
    except ValueError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(APP_FAILED_TO_LOAD) from None
    process_log.set_up(WithRequest())
    tell_failures(app)
    # What is here now is here to stay: no collection need look at it, which would take time and,
    # where processes share it (--preload), copy it into each.
    gc.collect()
    gc.freeze()
    return app
