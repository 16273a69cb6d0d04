"""The transcript: one scrolling widget (`transcript`) that wires helpers which know no widget.

Heights: `row_renderer` estimates or draws a row; `rows` and `line_index` sum them up to lines.
Place: `viewport.settle` decides which line is at the top; `unread` counts what was missed there.
Text: `selection_anchor` keeps a selection on its text; `current` and `highlights` mark rows.
"""
