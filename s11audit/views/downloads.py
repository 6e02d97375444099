"""Reports as files: sent so that no browser keeps them, with how far the log had come."""

from dataclasses import replace

from flask import Response

from s11audit.extensions import db
from s11audit.models import Board
from s11audit.queries.log import head_line
from s11audit.reports.document_files import DOCUMENT_FORMATS, document_name, draw_document
from s11audit.reports.documents import Document

LOG_HEADER = "X-S11audit-Log"


def sealed(response: Response, line: str) -> Response:
    """Give a file its header `X-S11audit-Log`: the line that papers carry at their foot, for the
    formats that have no place for it."""
    response.headers[LOG_HEADER] = line
    return response


def send_report(content: bytes | str, media_type: str, name: str, line: str) -> Response:
    """Send a file by that name, sealed with `line`, that no browser keeps."""
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return sealed(response, line)


def send_document(document: Document, board: Board, file_format: str) -> Response:
    """Send a document of the board as a file of that format, with the log's line at its foot."""
    line = head_line(db.session, board)
    return send_report(
        draw_document(replace(document, log=line), file_format),
        DOCUMENT_FORMATS[file_format],
        document_name(document, file_format),
        line,
    )
