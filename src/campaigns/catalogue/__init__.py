"""What a segment may name: fields, metrics, events, relations and periods, each with type, unit and limits.

Start at `campaigns.catalogue.loading.load`. A typed default ships in `default.yml`; a workspace extends it in
`segments/catalogue/*.yml`.
"""
