"""From syntax to meaning: names, types, flow; the result is typed HIR (``compiler.ir``)."""
