"""`wattwire run` that goes on, once it has said where its broker is, only when whoever started it is listening there:
`python held_run.py DESCRIPTOR run …`. Else what a node says as it starts may be said before anybody hears it."""

from __future__ import annotations

import os
import sys

from wattwire.flows.__main__ import main

gate, say = int(sys.argv.pop(1)), sys.stdout.write


def say_and_wait(text: str) -> int:
    done = say(text)
    if "broker: mqtt://" in text:
        sys.stdout.flush()
        sys.stdout.write = say  # type: ignore[method-assign]
        if not os.read(gate, 1):
            os._exit(1)  # whoever started it is gone
        os.close(gate)
    return done


sys.stdout.write = say_and_wait  # type: ignore[method-assign]
main(prog_name="wattwire")
