"""Sending an approved plan: claim, decide again, render, hand over, write the outcome.

`batches` holds the order of these steps, which the promises rest on; `identity` and `recovery` say what
happens after a crash.
"""
