"""Watching foreign calls: ``watch`` records them, ``show`` writes them as text."""
