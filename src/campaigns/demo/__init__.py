"""The example town: made-up people of a Lahti-like town, as the files that a utility's systems send."""
