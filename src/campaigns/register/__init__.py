"""The register: source files in, persons, companies, sites, contracts and events out; what is wrong, aside.

`importing` runs an import, `deliveries` says what a room must offer to be importable, `reading` reads CSV and
Parquet as text, `parsing` types it, `quarantine` keeps what was refused, `kinds` lists what we take in.
"""
