"""How messages reach people: one protocol, one file a provider.

Start at `campaigns.channels.opening.open_channel`; the protocol is in `campaigns.channels.protocol`.
"""
