"""ParseClient: the calls of the v2 parse API. The only user of `requests`."""

from parsestrata.api.client.calls import ParseClient
from parsestrata.api.client.retry import RetryPolicy

__all__ = ["ParseClient", "RetryPolicy"]
