"""What holds for every test: none may depend on how fast the machine is, who began it, or what is installed."""

import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from wattwire.broker.mosquitto import find_mosquitto

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# What is begun in the background ignores Ctrl-C, and so would every process that a test starts and ends with one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked as needing mosquitto is passed over where there is none."""
    if not find_mosquitto():
        for item in items:
            if item.get_closest_marker("mosquitto"):
                item.add_marker(pytest.mark.skip(reason="mosquitto is not installed"))


# Of these modules each test has a run of its own: they need not wait for one another.
APART = ("test_real", "test_real_disk", "test_real_gx", "test_real_house", "test_real_kills", "test_real_nodes",
         "test_real_notify", "test_real_poison", "test_gx_command", "test_guarantees", "test_sharing",
         "test_supervisor")  # fmt: skip


class Runs(LoadScopeScheduling):  # type: ignore[misc]
    """`--dist loadscope`: tests that share a run go to one worker, all others to whoever has time."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, name = nodeid.partition("::")
        return nodeid if Path(file).stem in APART else f"{file} {'[shared' in name}"


@pytest.hookimpl(tryfirst=True, optionalhook=True)  # also with `-p no:xdist`
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Runs | None:
    return Runs(config, log) if config.getvalue("dist") == "loadscope" else None
