"""What the OpenAPI document says that stands in no docstring."""

from http import HTTPStatus
from typing import Any

from .problems import REGISTERED, kinds

INTRODUCTION = """\
Sightline says of whatever you run how it **compares** with its market, what it **adds up** to,
and how **healthy** it is. Every answer names its rules, its units and how fresh it is.

* Times are RFC 3339 instants in UTC; windows are half-open: `start <= t < end`.
* Every number carries its unit in its name. There is no NaN: what is not known is `null`,
  with a reason beside it.
* Unknown parameters and fields are refused; everything wrong with a request is reported at once.
* Problems are `application/problem+json` (RFC 9457); `/problems` lists every kind.
* `RateLimit-Policy` and `RateLimit` say what you may spend and what is left. Refused for that is
  429 with `Retry-After`, and nothing was done or spent; 503 says the same of our own capacity.
* A key may sign its requests (RFC 9421, `Content-Digest`, `Signature-Input`, `Signature`); then
  unsigned ones are refused, if it was made so. `Accept-Signature` gets a signed answer, checked
  with the key at `/.well-known/answer-keys.json`.
* Lists answer `items` and `next_cursor`; pass it back as `cursor` for the next page.
"""

TAGS = [
    {"name": "Properties", "description": "Your portfolio, and each building against its market."},
    {
        "name": "Portfolio health",
        "description": "Your properties beside one another, by their health scores.",
    },
    {
        "name": "Health models",
        "description": "The numbers behind your health scores, every version of them.",
    },
    {
        "name": "Energy",
        "description": "Power and energy per circuit, location, organization, brand.",
    },
    {"name": "Events", "description": "What your users do: send it, each once, and read it back."},
    {"name": "Users", "description": "What you say of those whom your events tell of."},
    {"name": "Metrics", "description": "Figures by the day, and what they add up to."},
    {
        "name": "Event schemas",
        "description": "What the properties of your events look like, version by version.",
    },
    {"name": "Jobs", "description": "Work in the background: progress, result, cancelling."},
    {"name": "Audit", "description": "Who did what with your data, and that nobody changed it."},
    {"name": "Access", "description": "Your API keys and what they may do, and who you are."},
    {"name": "Usage", "description": "What you used of your limits: the numbers that bill."},
    {
        "name": "Administration",
        "description": "Every tenant of the deployment, for its operator alone.",
    },
    {"name": "OAuth", "description": "Tokens for keys, in the words of OAuth 2.0."},
    {"name": "Operations", "description": "Health and figures of this process."},
    {"name": "Documents", "description": "This document and the kinds of problems."},
]


def problem_example(status: int) -> dict[str, Any]:
    """A problem of a status, as a client would meet it."""
    kind = next(kind for kind in kinds() if kind.status == status)
    example: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": status,
        "detail": kind.meaning,
        "request_id": "0af7651916cd43dd8448eb211c80319c",
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        example |= {
            "type": REGISTERED["quota-exceeded"],
            "detail": "used up for now: read-key; try again in 2 s",
            "violated-policies": ["read-key"],
        }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        flaw = "unknown parameter 'limitt'; known are limit, cursor"
        example |= {
            "type": "/problems/invalid-input",
            "title": "Invalid input",
            "detail": f"limitt: {flaw}",
            "errors": [
                {
                    "pointer": None,
                    "parameter": "limitt",
                    "code": "unknown_parameter",
                    "detail": flaw,
                }
            ],
        }
    return example
