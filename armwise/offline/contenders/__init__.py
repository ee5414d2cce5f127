"""Who plays in a comparison: static routers, rules from the literature, armwise, others."""
