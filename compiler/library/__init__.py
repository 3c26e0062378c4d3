"""The standard library as artefacts: each module's declarations, and its bodies as typed HIR with type parameters.

A program is compiled against these: nothing of the library is parsed or checked again, and an instance of a generic
function is made of its typed body.  See compiler/README.md, "Library artefacts".
"""
