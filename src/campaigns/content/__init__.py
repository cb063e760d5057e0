"""What a message says: templates, rendering, links and their tokens, plain text, MIME.

Start at `campaigns.content.templates.Library`, `campaigns.content.message.MessageFactory`,
`campaigns.content.tokens.Tokens` and `campaigns.content.links.Links`.
"""
