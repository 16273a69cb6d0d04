"""The session core: cursors, events, the folded view, the ring, the store, the host. Pure."""
