"""What knows the grammar of JSON Schema and holds properties to a schema."""

from collections.abc import Mapping
from typing import Any, Protocol

from ..domain.errors import Flaw
from ..domain.events.schema_verdicts import PropertiesCheck


class SchemaChecker(Protocol):
    """Checks JSON Schemas of the dialect 2020-12, and properties against them.

    Pure computation: nothing waits, and nothing is ever fetched. Formats that JSON
    Schema names are checked, patterns take time in proportion to what they read.
    """

    def flaws(self, document: Mapping[str, Any]) -> tuple[Flaw, ...]:
        """Why a document is no JSON Schema, if it is none; paths begin at the document.

        Args:
            document: One without `document_flaws`.
        """

    def compiled(self, document: Mapping[str, Any]) -> PropertiesCheck:
        """What holds properties to a schema, fast; a missing property is named by its path.

        Args:
            document: One without flaws.
        """
