"""Puts what a service found wrong beside the fields it is about, so that nothing typed is lost."""

from wtforms import Form

from s11audit.domain.errors import Invalid


def show_problems(form: Form, error: Invalid) -> None:
    """Add the error's problems to the fields of those names; those of no field, and an error
    without problems, to the form as a whole."""
    for name, message in error.problems.items():
        if name in form:
            form[name].errors = [*form[name].errors, message]
        else:
            form.form_errors.append(message)
    if not error.problems:
        form.form_errors.append(str(error))
