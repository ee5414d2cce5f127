"""The providers' wire formats, played: requests in, replies, streams and errors out. No I/O."""

from armwise.testing.wire.reply import Answering, Behaviour, ChatRequest, Piece, Reply, fixed
from armwise.testing.wire.routes import Target, target_of

__all__ = [
    "Answering",
    "Behaviour",
    "ChatRequest",
    "Piece",
    "Reply",
    "Target",
    "fixed",
    "target_of",
]
