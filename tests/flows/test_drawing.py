from pathlib import Path

from wattwire.flows.engine.drawing import dot, mermaid
from wattwire.flows.engine.loading import load_text

FLOW = load_text(
    """flow: f
nodes:
  pulse: {type: pulse, config: {every: 1m}}
  end: {type: meter, config: {id: m-1}}
  bell: {type: bell}
edges:
  - {from: pulse.tick, to: end.tick}
  - {from: end.failed, to: end.poll, after: {first: 10s, factor: 3, most: 5m, jitter: 10%}, times: 5, spent: bell.why}
  - {from: end.unauthorised, to: bell.why, every: 1h}
ends: [end.reading]
""",
    env={},
    nodes_dirs=[Path(__file__).parent / "palette"],
)


def test_mermaid_shows_each_node_and_each_edge_with_what_it_waits_for() -> None:
    assert (
        mermaid(FLOW)
        == """flowchart LR
  n_pulse["pulse"]
  n_end["end<br/><i>meter</i>"]
  n_bell["bell"]
  n_pulse -->|"tick"| n_end
  n_end -.->|"failed → poll, after 10s, then ·3 up to 5m ±10%, 5 times"| n_end
  n_end -.->|"failed → why, after 5 times"| n_bell
  n_end -.->|"unauthorised → why, every 1h"| n_bell
"""
    )


def test_dot_shows_the_same() -> None:
    assert (
        dot(FLOW)
        == """digraph "f" {
  rankdir=LR
  node [shape=box, style=rounded]
  "pulse" [label="pulse"]
  "end" [label="end\\nmeter"]
  "bell" [label="bell"]
  "pulse" -> "end" [label="tick"]
  "end" -> "end" [label="failed → poll, after 10s, then ·3 up to 5m ±10%, 5 times", style=dashed]
  "end" -> "bell" [label="failed → why, after 5 times", style=dashed]
  "end" -> "bell" [label="unauthorised → why, every 1h", style=dashed]
}
"""
    )
