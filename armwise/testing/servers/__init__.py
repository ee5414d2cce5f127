"""Real Redis and Valkey servers for tests: single, cluster, Sentinel, TLS, and a faulty network.

>>> from armwise.testing.servers import RedisServer
>>> with RedisServer() as server:
...     server.url.startswith("redis://127.0.0.1:")
True

They listen on 127.0.0.1 only, on free ports, write into folders of their own, and end with the
``with`` block. Nothing here needs root, Docker or a service that runs already.
"""

from armwise.testing.servers.binary import SERVER_VARIABLE, find_server, has_tls
from armwise.testing.servers.certificates import Certificates, make_certificates
from armwise.testing.servers.cluster import RedisCluster
from armwise.testing.servers.proxy import FaultyProxy
from armwise.testing.servers.sentinels import RedisSentinels
from armwise.testing.servers.server import RedisServer

__all__ = [
    "SERVER_VARIABLE",
    "Certificates",
    "FaultyProxy",
    "RedisCluster",
    "RedisSentinels",
    "RedisServer",
    "find_server",
    "has_tls",
    "make_certificates",
]
