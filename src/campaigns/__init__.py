"""A segmentation and campaign engine for an energy company."""
