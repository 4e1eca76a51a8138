"""What a tenant must be able to prove: who did what, and that nothing of it was changed."""

from .audit import AuditEntry, AuditOutcome, AuditRecord, Personal, legible, outcome_of
from .audit_chain import Fault, Head, SignedHead, Tip, Verdict, chained, cut_off, verify
from .audit_export import MEDIA_TYPE, exported_head, exported_record
from .audit_listing import LARGEST_PAGE, AuditPage, AuditQuery, page

__all__ = [
    "LARGEST_PAGE",
    "MEDIA_TYPE",
    "AuditEntry",
    "AuditOutcome",
    "AuditPage",
    "AuditQuery",
    "AuditRecord",
    "Fault",
    "Head",
    "Personal",
    "SignedHead",
    "Tip",
    "Verdict",
    "chained",
    "cut_off",
    "exported_head",
    "exported_record",
    "legible",
    "outcome_of",
    "page",
    "verify",
]
