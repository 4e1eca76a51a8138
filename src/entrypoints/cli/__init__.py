"""The `sightline` command; what a command needs is imported when it runs."""

import sys

from cyclopts import App

from ... import __version__

_HERE = __name__

app = App(
    name="sightline", help="How what you run compares, adds up and fares.", version=__version__
)
app.command(f"{_HERE}.demonstration:demo", help="Start with sample data and say where to look.")
app.command(f"{_HERE}.serving:serve", help="Serve the API.")
app.command(f"{_HERE}.working:worker", help="Do jobs beside the API, on PostgreSQL.")
app.command(f"{_HERE}.serving:migrate", help="Bring the record store's tables up to date.")
app.command(f"{_HERE}.backups:backup", help="Copy what is kept, while the server runs.")
app.command(f"{_HERE}.backups:restore", help="Put a backup where no data is.")
app.command(f"{_HERE}.markets:market_api", help="Stand in for the market-data API.")

app.command(f"{_HERE}.permissions:permissions", help="Print which role may do what.")

imports = App(
    name="import", help="Take over data from a file: JSON, NDJSON, CSV; events also from Parquet."
)
imports.command(f"{_HERE}.importing:properties", help="Properties, one a row.")
imports.command(f"{_HERE}.importing:history", help="Histories, one property and month a row.")
imports.command(f"{_HERE}.importing:sites", help="Sites, one circuit a row or one document.")
imports.command(f"{_HERE}.importing:readings", help="Power readings, one a row.")
imports.command(f"{_HERE}.event_importing:events", help="Events, one a row, from any size.")
imports.command(f"{_HERE}.event_importing:samples", help="Twelve organizations of sample data.")
app.command(imports)

keys = App(name="keys", help="API keys of a tenant.")
keys.command(f"{_HERE}.access:create_key", name="create", help="Make a key, shown this once.")
keys.command(f"{_HERE}.access:list_keys", name="list", help="List keys, without their secrets.")
keys.command(f"{_HERE}.access:rotate_key", name="rotate", help="Hand a key over to a new one.")
keys.command(f"{_HERE}.access:revoke_key", name="revoke", help="End a key and its tokens.")
app.command(keys)

tenants = App(name="tenants", help="Customers of this deployment.")
tenants.command(f"{_HERE}.tenants:create", help="Set a customer up.")
tenants.command(f"{_HERE}.tenants:list_all", name="list", help="List customers.")
tenants.command(f"{_HERE}.tenants:show", help="Show a customer and what it may spend.")
tenants.command(f"{_HERE}.tenants:suspend", help="Lock a customer out for now.")
tenants.command(f"{_HERE}.tenants:resume", help="Let a suspended customer in again.")
tenants.command(f"{_HERE}.tenants:close", help="Lock a customer out for good.")
app.command(tenants)

audit = App(name="audit", help="What was done, and that nobody changed the record of it.")
audit.command(f"{_HERE}.auditing:verify", help="Check the logs against the signed heads.")
audit.command(f"{_HERE}.auditing:export", help="Print the log of a tenant, one object a line.")
app.command(audit)


def main() -> None:
    """Run the command line; what a user can mend is said in a sentence, without a traceback."""
    from ...domain.errors import SightlineError  # noqa: PLC0415  as late as everything else
    from ..listening import CannotListen  # noqa: PLC0415
    from ..settings import InvalidSettings  # noqa: PLC0415
    from .rows import UnreadableFile  # noqa: PLC0415

    try:
        app()
    except (SightlineError, CannotListen, InvalidSettings, UnreadableFile) as error:
        print(f"sightline: {error}", file=sys.stderr)
        sys.exit(1)
