"""Evidence on a Redis or Valkey server: what many machines learn from together."""

from armwise.storage.redis.store import RedisStore
from armwise.storage.redis.url import Address, parse_url

__all__ = ["Address", "RedisStore", "parse_url"]
