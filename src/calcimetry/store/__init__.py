"""The results database: what arrived, what was measured with what, what was sent where.

Needs the extra ``node``. SQLite in a file by default, PostgreSQL by URL. Each function is one
transaction, durable when it returns, and may be called from any thread.
"""

from calcimetry.store.arrivals import Arrival
from calcimetry.store.database import Database

__all__ = ["Arrival", "Database"]
