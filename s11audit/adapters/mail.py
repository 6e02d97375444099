"""Sends e-mail by SMTP, as the MAIL_ settings say. Without MAIL_SERVER nothing can be sent."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask, current_app
from flask_mailman import EmailMessage, Mail
from flask_mailman.backends.smtp import EmailBackend

SECONDS = 30  # for which an answer of the server is waited for

mail = Mail()


class MailFailed(Exception):
    """The server did not take a message. `lasting` is True where it refused this message; else
    no message could be sent, and it is worth trying the same ones again."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.lasting = lasting


class _CheckedSmtp(smtplib.SMTP):
    """SMTP whose TLS checks the server's certificate, which Python's own does not by itself."""

    def starttls(self, *_: Any, context: ssl.SSLContext | None = None, **__: Any) -> Any:
        return super().starttls(context=context or ssl.create_default_context())


class CheckedBackend(EmailBackend):
    """Flask-Mailman's SMTP, with certificates that are checked."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """The class of the connection."""
        return _CheckedSmtp


def set_up_mail(app: Flask) -> None:
    """Bind mail to the application."""
    app.config["MAIL_BACKEND"] = "smtp"
    app.config["MAIL_TIMEOUT"] = SECONDS
    app.config["MAIL_DEFAULT_SENDER"] = app.config["MAIL_SENDER"]
    mail.init_app(app)


def can_send() -> bool:
    """Return whether there is a server to send by."""
    return bool(current_app.config["MAIL_SERVER"])


class Post:
    """An open connection to the server."""

    def __init__(self, backend: CheckedBackend) -> None:
        self._backend = backend

    def send(self, *, to: str, subject: str, body: str, message_id: str) -> None:
        """Send one message; it was taken by the server when this returns. `message_id` is the
        same for each try, so that a mail box can tell a message that comes twice.

        Raises MailFailed.
        """
        message = EmailMessage(
            subject=subject,
            body=body,
            from_email=current_app.config["MAIL_SENDER"],
            to=[to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            connection=self._backend,
        )
        try:
            message.send()
        except (
            smtplib.SMTPServerDisconnected,
            smtplib.SMTPSenderRefused,
            TimeoutError,
            ConnectionError,
        ) as error:
            raise MailFailed(_reason(error), lasting=False) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise MailFailed(_reason(error), lasting=True) from error


@contextmanager
def connected() -> Iterator[Post]:
    """Yield an open connection. Raises MailFailed, not lasting, where there is none to be had."""
    backend = CheckedBackend()
    try:
        backend.open()
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(_reason(error), lasting=False) from error
    try:
        yield Post(backend)
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was taken is taken
            backend.close()


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {_text(text)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
