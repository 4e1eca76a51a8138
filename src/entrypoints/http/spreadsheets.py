"""What spreadsheets and data frames read: media types, and cells that compute nothing."""

NDJSON = "application/x-ndjson"
CSV = "text/csv"

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """A text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(_FORMULA) else text
