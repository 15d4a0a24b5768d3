"""The forms in which a comparison is shown.

cells     what the cells of the table say, for any form of it
text      the table for a terminal
markdown  the table for a pull request or a report
html      the table for a notebook
as_json   the comparison for other programs
colours   the picture of the graph, in the colours of the verdicts
"""
