"""What became of a mailing, and why each message was allowed.

Start at `reports.report.report`, `reports.evidence.evidence` and `reports.standing.standing`.
"""
