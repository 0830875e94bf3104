import importlib.metadata
import multiprocessing
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import wattwire.nodes
from wattwire.flows.engine import palette as module
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.palette import find, palette
from wattwire.flows.engine.reasons import FlowError

PALETTE = Path(__file__).parent / "palette"
NODE = (PALETTE / "bell.py").read_text()


def reasons(folder: Path) -> list[str]:
    with pytest.raises(FlowError) as refused:
        palette([folder])
    return [str(r) for r in refused.value.reasons]


def test_the_shipped_nodes_are_there_by_the_names_other_tools_rely_on() -> None:
    named = {"clock", "krakenToken", "krakenDevice", "dispatchFetcher", "rateFetcher", "rateResolver"}
    named |= {"teslaToken", "teslaState", "victronGx", "victronController"}

    assert named <= palette().keys()


def test_a_folder_adds_its_nodes_and_its_other_files_are_no_nodes() -> None:
    added = palette([PALETTE]).keys() - palette().keys()

    assert added == {"bell", "biller", "keyring", "meter", "probe", "pulse", "relay"}


def test_a_node_of_a_folder_is_found_again_in_a_process_that_starts_afresh() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_name, ("meter", PALETTE)) == "meter"


def _name(kind: str, folder: Path) -> str:
    return find(kind, [folder]).name


def test_finding_a_shipped_node_imports_no_other() -> None:
    code = "import sys; from wattwire.flows.engine.palette import find; find('krakenToken'); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "wattwire.nodes.kraken_token" in loaded
    assert "wattwire.nodes.victron_controller" not in loaded


def test_a_flow_imports_the_types_that_it_names_and_no_others() -> None:
    script = (
        "from wattwire.flows.engine.loading import load_text; import sys;"
        "load_text('flow: f\\nnodes: {a: {type: clock, config: {every: 1m}}}\\n');"
        "print('wattwire.nodes.clock' in sys.modules, 'wattwire.nodes.kraken_token' in sys.modules)"
    )

    assert subprocess.check_output([sys.executable, "-c", script], text=True).split() == ["True", "False"]


def test_a_type_that_is_not_there_is_a_reason_with_the_one_meant() -> None:
    with pytest.raises(FlowError, match="no node type 'metre'; did you mean 'meter'"):
        find("metre", [PALETTE])


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('"""x: broken."""\n\nimport nothing_of_the_sort\n', 3, "ModuleNotFoundError: No module named"),
        ("x = 1\ny = (\n", 2, "SyntaxError: '(' was never closed"),
        ("def f():\n    raise ValueError('two\\nlines')\n\nf()\n", 2, "ValueError: two lines"),
        (NODE.replace("why: Fault", "why: int"), 21, "TypeError: ring: why must be a message body"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
    ],
)
def test_a_broken_file_is_a_reason_at_its_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    (tmp_path / "broken.py").write_text(text)

    (reason,) = reasons(tmp_path)

    assert reason.startswith(f"{tmp_path}/broken.py:{line}:")
    assert told in reason


def test_a_broken_file_is_told_with_the_faults_of_the_flow(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_the_sort")

    with pytest.raises(FlowError) as refused:
        load_text("flow: f\nnodes: {a: {type: clok}}", env={}, nodes_dirs=[tmp_path])

    assert [r.text.partition(":")[0] for r in refused.value.reasons] == ["ModuleNotFoundError", "a"]


def test_two_files_with_one_type_are_refused_and_both_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(NODE)
    (tmp_path / "b.py").write_text(NODE)

    assert reasons(tmp_path) == [f"{tmp_path}/b.py:1:1: node type 'bell' is also in {tmp_path}/a.py"]


def test_a_shipped_type_cannot_be_replaced_behind_ones_back(tmp_path: Path) -> None:
    (tmp_path / "clock.py").write_text(NODE.replace('"bell"', '"clock"'))

    shipped = Path(str(wattwire.nodes.__file__)).parent / "clock.py"
    assert reasons(tmp_path) == [f"{tmp_path}/clock.py:1:1: node type 'clock' is also in {shipped}"]


def test_a_folder_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    assert reasons(tmp_path / "none") == [f"{tmp_path}/none:1:1: no such folder of nodes"]


def test_a_distribution_adds_nodes_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "someones_bell.py").write_text(NODE.replace('"bell"', '"someonesBell"'))
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("someonesBell", "someones_bell:NODE", "wattwire.nodes")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: EntryPoints([point]).select(group=group))
    module._survey.cache_clear()
    try:
        assert "someonesBell" in palette()
    finally:
        module._survey.cache_clear()
