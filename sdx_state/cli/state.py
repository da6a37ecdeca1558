"""`sdx-state state`: look at what is remembered, and correct it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from sdx_state.cli.addresses import an_address
from sdx_state.cli.completing import addresses
from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop
from sdx_state.cli.locking import lock_option
from sdx_state.cli.outputs import text_or_json_option
from sdx_state.cli.state_migrate import migrate
from sdx_state.cli.state_transfer import pull, push
from sdx_state.records import replace

if TYPE_CHECKING:
    from sdx_state.model.address import Address
    from sdx_state.state.backend import Backend
    from sdx_state.state.journal import Journal


@click.group("state")
def command() -> None:
    """Inspect and repair the state.

    The state remembers which live resource an address is, and what was last applied. If it is lost, `state rebuild`
    finds by name what is declared. Not found again are resources that were removed from YAML before the loss (they
    stay in the tenant, unmanaged) and surveys that were renamed in YAML (they are created again).
    """


command.add_command(pull)
command.add_command(push)
command.add_command(migrate)


@command.command("list")
@click.argument("globs", nargs=-1, metavar="[GLOB]...", shell_complete=addresses)
@text_or_json_option
@sandbox_option
@click.pass_obj
def list_addresses(context: Context, globs: tuple[str, ...], form: str, sandbox: bool) -> None:
    """List managed addresses, or those that match a GLOB."""
    from sdx_state.plan.targets import unmatched
    from sdx_state.report.escape import escape
    from sdx_state.report.state import state_json

    ledger = _store(context, sandbox).load()
    entries = ledger.entries
    for wrong in unmatched({"GLOB": globs}, entries):
        raise Stop(wrong.message, wrong.help or "")
    named = [one for one in sorted(entries) if not globs or any(fnmatchcase(one, glob) for glob in globs)]
    if form == "json":
        click.echo(state_json(ledger, named))
        return
    for address in named:
        click.echo(escape(address))


@command.command()
@click.argument("address", callback=an_address, shell_complete=addresses)
@text_or_json_option
@sandbox_option
@click.pass_obj
def show(context: Context, address: Address, form: str, sandbox: bool) -> None:
    """Show the state of ADDRESS."""
    from sdx_state.report.escape import escape
    from sdx_state.report.state import entry_json

    entry = _store(context, sandbox).load().entries.get(address)
    if entry is None:
        raise _unknown(context, address, sandbox)
    if form == "json":
        click.echo(entry_json(address, entry))
        return
    click.echo(f"address  {escape(address)}\nid       {escape(entry.id)}\nprotect  {str(entry.protect).lower()}")
    click.echo(f"applied  {', '.join(escape(path) for path in entry.applied) or 'nothing'}")


@command.command()
@click.argument("before", callback=an_address, shell_complete=addresses)
@click.argument("after", callback=an_address, shell_complete=addresses)
@lock_option
@sandbox_option
@click.pass_obj
def mv(context: Context, before: Address, after: Address, sandbox: bool) -> None:
    """Rename the managed address BEFORE to AFTER. A survey takes its questions along.

    The tenant is not touched. Prints every address that it renames.
    """
    from sdx_state.app.readdress import NotReaddressed, readdressed
    from sdx_state.report.escape import escape
    from sdx_state.state.memory import keep, recall

    with _changing(context, sandbox, "state mv") as (store, journal):
        ledger = recall(store, journal).ledger
        try:
            moved = readdressed(ledger, before, after)
        except KeyError:
            raise _unknown(context, before, sandbox) from None
        except NotReaddressed as error:
            raise Stop(str(error), error.advice) from error
        keep(store, journal, moved)
    renamed = [pair for pair in zip(ledger.entries, moved.entries, strict=True) if pair[0] != pair[1]]
    for old, new in renamed:
        click.echo(f"{escape(old)} -> {escape(new)}")
    click.echo(f"Moved {len(renamed)} address{'es' if len(renamed) != 1 else ''}. The tenant was not touched.")


@command.command()
@click.argument("globs", nargs=-1, required=True, metavar="ADDRESS|GLOB...", shell_complete=addresses)
@lock_option
@sandbox_option
@click.pass_obj
def rm(context: Context, globs: tuple[str, ...], sandbox: bool) -> None:
    """Stop managing each ADDRESS. A survey takes its questions along.

    Nothing is deleted: the live resources become unmanaged. Declared ones are imported again by the next apply.
    """
    from sdx_state.plan.select import is_named
    from sdx_state.report.escape import escape
    from sdx_state.state.memory import keep, recall

    with _changing(context, sandbox, "state rm") as (store, journal):
        ledger = recall(store, journal).ledger
        for glob in globs:
            if not any(is_named(address, [glob]) for address in ledger.entries):
                raise _unknown(context, glob, sandbox)
        kept = {address: entry for address, entry in ledger.entries.items() if not is_named(address, globs)}
        keep(store, journal, replace(ledger, entries=kept))
    gone = [address for address in ledger.entries if address not in kept]
    for address in gone:
        click.echo(f"{escape(address)} (id {escape(ledger.entries[address].id)})")
    count = f"{len(gone)} resource{'s' if len(gone) != 1 else ''}"
    click.echo(f"Stopped managing {count}. Nothing was deleted, and the tenant was not touched.")


@command.command()
@click.argument("serial", type=click.IntRange(min=1), required=False)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@lock_option
@sandbox_option
@click.pass_obj
def restore(context: Context, serial: int | None, auto_approve: bool, sandbox: bool) -> None:
    """Restore the earlier state SERIAL, by default the newest.

    The tenant is not touched; the next plan says what differs.
    """
    from sdx_state.cli.console import confirmed, say
    from sdx_state.model.texts import counted
    from sdx_state.state.memory import keep, put_back

    with _changing(context, sandbox, "state restore") as (store, journal):
        ledger = store.generation(serial)
        kept = ", ".join(map(str, store.kept_serials()))
        say(f"Kept: {kept}. Serial {ledger.serial} knows {counted(len(ledger.entries), 'resource')}.")
        if not auto_approve and not confirmed(
            context.where_of(ledger, sandbox), f"Put the state of serial {ledger.serial} back?"
        ):
            raise Stop("not approved", "Nothing was changed. Without a terminal, --auto-approve says yes.")
        saved = keep(store, journal, put_back(ledger, store, journal))
    click.echo(f"The state knows {counted(len(saved.entries), 'resource')}, as it did at serial {ledger.serial}.")


@command.command()
@click.argument("lock_id", metavar="ID")
@sandbox_option
@click.pass_obj
def unlock(context: Context, lock_id: str, sandbox: bool) -> None:
    """Remove the lock ID of a run that died. A living run's lock cannot be taken from it."""
    cleared = _store(context, sandbox).unlock(lock_id)
    click.echo("The lock is free." if cleared else "There is no lock: nothing to do.")


@command.command()
@click.argument("address", callback=an_address, shell_complete=addresses)
@click.option("--adopt", "id", required=True, metavar="ID", help="The live id that ADDRESS is.")
@lock_option
@sandbox_option
@click.pass_obj
def resolve(context: Context, address: Address, id: str, sandbox: bool) -> None:
    """Set the live id of ADDRESS after a lost answer."""
    from sdx_state.app.resolution import resolve_to
    from sdx_state.cli.console import say_waiting

    project, intention = context.project(), context.intention()
    with (
        context.workspace(project, sandbox=sandbox) as workspace,
        workspace.writing("state resolve", say_waiting) as journal,
    ):
        label = resolve_to(workspace, journal, intention, address, id)
    from sdx_state.report.escape import escape

    click.echo(f"{escape(address)} is id {escape(id)} ({escape(label)}).")


@command.command()
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@lock_option
@sandbox_option
@click.pass_obj
def rebuild(context: Context, auto_approve: bool, sandbox: bool) -> None:
    """Rebuild the state from the tenant, by name. Writes to the state alone, never to the tenant."""
    from sdx_state.app.rebuild import rebuild as rebuilt_from
    from sdx_state.cli.console import confirmed, err_colour, reading, say
    from sdx_state.model.texts import counted
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.escape import escape
    from sdx_state.state.memory import keep, open_journal

    project = context.project()
    intention = context.intention()
    with context.workspace(project, sandbox=sandbox) as workspace, workspace.store.lock("state rebuild") as fence:
        with reading("Reading the tenant") as progress:
            rebuilt = rebuilt_from(workspace, intention, progress)
        for address, id in rebuilt.found.items():
            click.echo(f"<= {escape(address)} (id {escape(id)})")
        for address, gone in rebuilt.lost.items():
            left = (
                "stays in the tenant, and is no longer managed"
                if gone.live
                else "is not in the tenant, will be removed from the state"
            )
            now = f"is {gone.now} now" if gone.now else left
            click.echo(f"   {escape(address)} (id {escape(gone.id)}): {escape(now)}")
        if rebuilt.diagnostics:
            say(diagnostics_text(rebuilt.diagnostics, colour=err_colour()))
        if rebuilt.readable and not rebuilt.found and not rebuilt.lost:
            click.echo("The state already knows everything.")
            return
        question = f"Save a state of {counted(len(rebuilt.ledger.entries), 'resource')}?"
        if not auto_approve and not confirmed(workspace.where, question):
            raise Stop("not approved", "Nothing was changed. Without a terminal, --auto-approve says yes.")
        keep(workspace.store, open_journal(workspace.store, fence), rebuilt.ledger)
    click.echo(f"The state knows {counted(len(rebuilt.ledger.entries), 'resource')}.")


@command.command()
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@lock_option
@sandbox_option
@click.pass_obj
def sign(context: Context, auto_approve: bool, sandbox: bool) -> None:
    """Sign state and journal with SDX_STATE_KEY.

    Needed once where they were written without that key, or with another one: what is not signed with it is refused.
    The tenant is not touched.
    """
    from sdx_state.app.proof import sign as sign_all
    from sdx_state.app.proof import unsigned
    from sdx_state.cli.console import confirmed, say
    from sdx_state.model.texts import counted
    from sdx_state.state.shared import SharedStore

    store = _store(context, sandbox)
    if store.key is None:
        raise Stop("SDX_STATE_KEY is not set", "Make a key, and keep it as a secret: openssl rand -hex 32")
    with store.lock("state sign"):
        if isinstance(store, SharedStore):
            store.reseal()
        found = unsigned(store)
        if found.signed:
            click.echo("State and journal are signed with this key already.")
            return
        say(
            f"The state ({counted(len(found.ledger.entries), 'resource')}) and the journal "
            f"({counted(found.lines, 'line')}) are whole, and not signed with this key. Signing them says that you "
            "trust them as they are."
        )
        if not auto_approve and not confirmed(context.where_of(found.ledger, sandbox), "Sign them?"):
            raise Stop("not approved", "Nothing was changed. Without a terminal, --auto-approve says yes.")
        line = sign_all(store, found)
    click.echo(f"Signed: the journal from line {line} on, which proves the lines before it as they are now.")


def _store(context: Context, sandbox: bool) -> Backend:
    return context.store(sandbox)


@contextmanager
def _changing(context: Context, sandbox: bool, purpose: str) -> Iterator[tuple[Backend, Journal]]:
    from sdx_state.state.memory import open_journal

    store = _store(context, sandbox)
    with store.lock(purpose) as fence:
        yield store, open_journal(store, fence)


def _unknown(context: Context, address: str, sandbox: bool) -> Stop:
    from sdx_state.model.alike import nearest

    near = nearest(address, _store(context, sandbox).load().entries)
    return Stop(f"the state knows no {address}", f"Did you mean {near}?" if near else "See: sdx-state state list")
