"""A flow as a picture: Mermaid for pages that render it, DOT for Graphviz."""

from __future__ import annotations

from .durations import spell
from .graph import Backoff, Flow


def wait(after: Backoff) -> str:
    """How long an edge waits, in words: `10s, then ·3 up to 5m`."""
    words = spell(after.first)
    if after.factor != 1:
        words += f", then ·{after.factor:g}" + (f" up to {spell(after.most)}" if after.most else "")
    return words + (f" ±{after.jitter:.0%}" if after.jitter else "")


def mermaid(flow: Flow) -> str:
    lines = ["flowchart LR"]
    for name, node in flow.nodes.items():
        kind = "" if node.type.name == name else f"<br/><i>{node.type.name}</i>"
        lines.append(f'  {_id(name)}["{name}{kind}"]')
    for source, to, label, carried in _arrows(flow):
        lines.append(f'  {_id(source)} {"-.->" if carried else "-->"}|"{label}"| {_id(to)}')
    return "\n".join(lines) + "\n"


def dot(flow: Flow) -> str:
    lines = [f'digraph "{flow.name}" {{', "  rankdir=LR", "  node [shape=box, style=rounded]"]
    for name, node in flow.nodes.items():
        kind = "" if node.type.name == name else f"\\n{node.type.name}"
        lines.append(f'  "{name}" [label="{name}{kind}"]')
    for source, to, label, carried in _arrows(flow):
        lines.append(f'  "{source}" -> "{to}" [label="{label}"{", style=dashed" if carried else ""}]')
    return "\n".join([*lines, "}"]) + "\n"


def _arrows(flow: Flow) -> list[tuple[str, str, str, bool]]:
    """From node, to node, what stands on the arrow, and whether it may wait."""
    arrows = list[tuple[str, str, str, bool]]()
    for edge in flow.edges:
        (source, _, out), (to, _, into) = edge.source.partition("."), edge.to.partition(".")
        finer = [f for f, coarser in flow.nodes[source].through.items() if coarser == out]
        out = f"{out} ({', '.join(finer)})" if finer else out  # whatever leaves by it
        words = [out if out == into else f"{out} → {into}"]
        words += [f"after {wait(edge.after)}"] if edge.after else []
        words += [f"{edge.times} times"] if edge.times else []
        words += [f"every {spell(edge.every)}"] if edge.every else []
        arrows.append((source, to, ", ".join(words), not edge.plain))
        if edge.spent:
            to, _, into = edge.spent.partition(".")
            arrows.append((source, to, f"{out} → {into}, after {edge.times} times", True))
    return arrows


def _id(name: str) -> str:
    """A name that Mermaid cannot take for a word or arrow of its own, as it would `end` or `a--b`."""
    return "n_" + name.replace("_", "__").replace("-", "_h")
