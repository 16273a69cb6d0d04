"""Sessions through Redis or Valkey: a relay at their home, mirrors elsewhere."""
