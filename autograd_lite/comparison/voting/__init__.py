"""The vote on derivatives of a plain function: by hand, by autodiff, by finite differences.

From the question to the report:

    problem          the function, the point and the given derivatives, as lists of arrays
    voters           autodiff and finite differences
    votes            the three votes on one derivative, and what they say together
    contest          the voters asked about each derivative of a problem
    clues            what else is known when the votes are counted, in sentences
    function_report  the report of the votes

`compare_function`, one floor up in `functions`, starts here.
"""
