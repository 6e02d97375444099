"""`s11audit tools`."""

import click

from s11audit.commands.opening import INPUT_FILE, now, opened
from s11audit.domain.policy import OPERATOR
from s11audit.scoring.words import counted


@click.group()
def tools() -> None:
    """Audit tools: those that come with s11audit and those added by file."""


@tools.command("list")
def list_() -> None:
    """List every tool by key, version and title."""
    from s11audit.tools import loader

    rows = {
        (tool.key, tool.version): (tool.title, "comes with s11audit")
        for tool in map(loader.load_builtin, loader.builtin_keys())
    }
    with opened():
        from s11audit.extensions import db
        from s11audit.queries.names import stored_tools

        for version, board in stored_tools(db.session):
            where = f"added for {board}" if board else "added for every board"
            if version.published_at is None:
                where += ", not published yet"
            rows.setdefault((version.key, version.version), (version.title, where))
    for (key, number), (title, where) in sorted(rows.items()):
        click.echo(f"{key}  version {number}  {title}  ({where})")


@tools.command("check")
@click.argument("file", type=INPUT_FILE)
def check(file: tuple[str, bytes]) -> None:
    """Say everything that is wrong with a tool FILE, or that nothing is."""
    from s11audit.tools import loader

    name, content = file
    tool = loader.parse(content, name)
    requirements = sum(len(standard.requirements) for standard in tool.standards)
    click.echo(
        f"{name} is in order: {tool.key} version {tool.version}, "
        f"{counted(len(tool.standards), 'standard', 'standards')} with "
        f"{counted(requirements, 'requirement', 'requirements')}."
    )


@tools.command("add")
@click.argument("file", type=INPUT_FILE)
def add(file: tuple[str, bytes]) -> None:
    """Add the tool in FILE for every board. A version that was added cannot change."""
    name, content = file
    with opened():
        from s11audit.services.tools import add_tool
        from s11audit.transactions import writing

        with writing() as session:
            version = add_tool(
                session, OPERATOR, content, name, board_id=None, publish=True, now=now()
            )
            told = f"{version.title} is added: {version.key} version {version.version}."
    click.echo(told)


@tools.command("lineage")
@click.argument("file", type=INPUT_FILE)
@click.option("--board", "slug", help="For this board alone; without it, for every board.")
def lineage(file: tuple[str, bytes], slug: str | None) -> None:
    """Add the lineage in FILE: what each part of a tool was in an earlier one."""
    name, content = file
    with opened():
        from s11audit.queries.boards import board_by_slug
        from s11audit.services.lineages import add_lineage
        from s11audit.transactions import writing

        with writing() as session:
            board_id = board_by_slug(session, slug).id if slug else None
            made = add_lineage(session, OPERATOR, content, name, board_id=board_id, now=now())
            told = (
                f"{name} is added: {made.tool_key} version {made.tool_version} from "
                f"{made.was_key} version {made.was_version}, lineage version {made.version}."
            )
    click.echo(told)
