"""Telling somebody who has just sent a file where the agency has given the same one before."""

from flask import flash

from s11audit.extensions import db
from s11audit.models import Return
from s11audit.queries.evidence_reuse import where_it_stands


def tell_again(return_: Return, evidence_id: int, sha256: str) -> None:
    """Tell on the next page where else the same file stands, if it does."""
    stands = where_it_stands(db.session, return_, sha256, but=evidence_id)
    if stands:
        places = "; ".join(each.in_words(return_.id) for each in stands)
        flash(
            f"The same file stands already {places}. It is stored once. Next time, choose “Use"
            " evidence already added”: nothing has to be sent twice."
        )
