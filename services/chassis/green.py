"""Makes a process cooperative. Imported before anything else by whatever runs nameko.

psycopg 3 detects gevent but not eventlet: with its default wait function one query stops every
worker of the process. `wait_selector` goes through the patched `selectors` and lets them overlap
(five one-second queries in five workers: 5 s without, 1 s with).
"""

import os
import sys
import warnings

if "psycopg" in sys.modules:
    raise RuntimeError("services.chassis.green must be imported before psycopg")

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"

with warnings.catch_warnings():
    # eventlet announces its retirement at import; here is the one place that would change.
    warnings.simplefilter("ignore")
    import eventlet

eventlet.monkey_patch()
