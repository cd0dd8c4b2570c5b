"""The results database's migrations, which alembic runs in order.

A new one is a new file in ``versions``, written by hand after `calcimetry.store.tables` was
changed; a test compares both.
"""
