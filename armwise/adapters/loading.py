"""Imports LiteLLM, as late as possible and with its side effects turned off.

Its 3 s and 150 MB dwarf the router's, so it is imported at the first call and never before. It is
told to stay off the network and to leave the project's ``.env`` alone.
"""

import logging
import os
from functools import cache
from typing import Any

from armwise.errors import ConfigurationError

_OFFLINE = {
    # Without it every import asks a web server for the price list.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    # Without it every import loads the first .env found above site-packages.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
}


@cache
def load_litellm() -> Any:
    """Import LiteLLM with its side effects turned off, and return it.

    What the user has set, environment variables and a log level, is kept.
    """
    for variable, value in _OFFLINE.items():
        os.environ.setdefault(variable, value)
    try:
        import litellm
    except ImportError as error:
        raise ConfigurationError(
            f"litellm cannot be imported ({error}). Install it with: pip install armwise"
        ) from error
    litellm.suppress_debug_info = True
    # Opening a stream of a Llama-named model would otherwise fetch its tokenizer, for up to 46 s.
    litellm.disable_hf_tokenizer_download = True
    logger = logging.getLogger("LiteLLM")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)  # it would print every provider's error beside our own
    return litellm
