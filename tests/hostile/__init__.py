"""What attacks pysock: odd libraries and objects, signals, forks, exits; nothing may give way."""
