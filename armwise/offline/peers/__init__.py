"""Other bandit libraries as contenders, one file each, through their own public interfaces.

None is imported before a contender is built. Versions stand in the dependency group ``peers``.
"""
