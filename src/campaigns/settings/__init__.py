"""`campaigns.yml`, the environment and secrets, and the YAML reader that every definition uses."""
