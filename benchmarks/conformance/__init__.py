"""What callers get and what is counted, per provider, feature and fault: a matrix, played."""
