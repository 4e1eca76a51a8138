"""An audit log as lines that somebody else can check without us.

Each line but the last is a record: its canonical bytes with its hash, who it was and the
salt put on at the end. The last line is the signed head that the records lead to.
"""

from .audit import AuditRecord, quoted
from .audit_chain import SignedHead

MEDIA_TYPE = "application/x-ndjson"


def exported_record(record: AuditRecord) -> bytes:
    """One line of a record."""
    who, salt = "null", "null"
    if record.personal is not None and record.salt is not None:
        who, salt = record.personal.text(), quoted(record.salt.hex())
    rest = f',"hash":"{record.hash.hex()}","personal":{who},"salt":{salt}}}\n'
    return record.canonical()[:-1] + rest.encode("ascii")


def exported_head(signed: SignedHead) -> bytes:
    """The last line: the head as it was signed, beside its signature."""
    said = signed.head.message().partition(b"\n")[2]
    return b'{"head":' + said + b',"signature":"' + signed.signature.hex().encode() + b'"}\n'
