"""What calls of one Octopus account may cost: the limits are the account's, so all who call it share them."""

from datetime import timedelta
from hashlib import sha256

from .calls import Budget

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def calls(account: str, most: int = 50) -> Budget:
    """Of 60 calls an hour: what polls leaves ten for tokens and for what a person asks."""
    return Budget(name=f"octopus {known_as(account)}".rstrip(), most=most, per=HOUR)


def plans(account: str) -> Budget:
    """Octopus gives five plans a minute to a user, and tells those who ask for more to go away."""
    return Budget(name=f"octopus plan {known_as(account)}", most=4, per=MINUTE)


def known_as(account: str) -> str:
    """The names of budgets stand in logs and metrics, where an account's number has no place."""
    return sha256(account.encode()).hexdigest()[:6] if account else ""
