def wrong_with(a,b): return []
