"""Workers that share a store learn about as fast as one that has all requests to itself."""
