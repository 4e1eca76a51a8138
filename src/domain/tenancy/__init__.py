"""Who asks, whose data they may see, and how much of it at once."""

from .allowances import Allowance, Budget, Decision, bucket_at, spend_all
from .api_keys import (
    ALPHABET,
    LONGEST_KEY,
    ApiKey,
    IssuedKey,
    checksum_fits,
    fixed_key,
    key_digest,
    looks_like_ours,
    render_key,
)
from .fair_queue import FairQueue
from .limit_plans import PLANS, ClassLimit, CostClass, LimitPlan, PlanName, peer_policy
from .principals import Principal
from .quotas import Period, Quota
from .rate_limits import MICROSECONDS, UNTOUCHED, RatePolicy, Verdict
from .tenants import Tenant
from .usage import Usage, summed

__all__ = [
    "ALPHABET",
    "LONGEST_KEY",
    "MICROSECONDS",
    "PLANS",
    "UNTOUCHED",
    "Allowance",
    "ApiKey",
    "Budget",
    "ClassLimit",
    "CostClass",
    "Decision",
    "FairQueue",
    "IssuedKey",
    "LimitPlan",
    "Period",
    "PlanName",
    "Principal",
    "Quota",
    "RatePolicy",
    "Tenant",
    "Usage",
    "Verdict",
    "bucket_at",
    "checksum_fits",
    "fixed_key",
    "key_digest",
    "looks_like_ours",
    "peer_policy",
    "render_key",
    "spend_all",
    "summed",
]
