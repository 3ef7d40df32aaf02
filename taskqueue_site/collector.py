"""The garbage collector of a web process, kept from long pauses."""

import gc

from django.urls import get_resolver

#: Objects, collections of the first generation, and of the second, before the next one is looked
#: through. Python's own (700, 10, 10) go through everything every few seconds where thousands of
#: sockets are open, for half a second each time.
THRESHOLDS = (10_000, 20, 50)


def settle() -> None:
    """Load what requests will need, leave all of it alone from now on, and look seldom at the rest.

    As the documentation of `gc.freeze` advises for processes that live long.
    """
    _ = get_resolver().url_patterns  # else the first request would load them
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
