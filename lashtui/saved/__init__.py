"""What lashtui writes to disk: cursors, the last session's name, and transcripts on request.

Only an export that the user asks for contains text of an agent.
"""
