"""All that lashtui writes to disk: cursors and the last session's name. No text of agents."""
