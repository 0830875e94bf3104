"""What calls of one Octopus account may cost: the limits are the account's, so all who call it share them."""

from datetime import timedelta

from .calls import Budget

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def calls(account: str, most: int = 50) -> Budget:
    """Of 60 calls an hour: what polls leaves ten for tokens and for what a person asks."""
    return Budget(name=f"octopus {account}".rstrip(), most=most, per=HOUR)


def plans(account: str) -> Budget:
    """Octopus gives five plans a minute to a user, and tells those who ask for more to go away."""
    return Budget(name=f"octopus plan {account}", most=4, per=MINUTE)
