"""A soak: real daemons, publishers and readers, disturbed for minutes or hours, and audited.

`python -m tests.soak --minutes 60` runs it by hand; `test_soak` is a short one.
"""
