"""The segment language: read, check, compile, resolve, preview, why.

A segment file becomes a typed form (`model`), checked with a place for every mistake (`library`, `reading`,
`conditions`), compiled to a chain of named CTEs (`compiling`), and resolved to people with the step that left
each of them out (`resolving`). `previewing` and `explaining` print what `resolving` found.
"""
