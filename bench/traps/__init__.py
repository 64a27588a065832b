"""Naive measurements beside right ones: what an article of 2019 did, and how far off it gets."""
