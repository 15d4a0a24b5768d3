"""The vote on derivatives of a plain function: by hand, by autodiff, by finite differences.

From the question to the report:

    problem          the function, the point and the given derivatives, as lists of arrays
    voters           autodiff and finite differences
    votes            the three votes on one derivative, and what they say together
    contest          `compare_function`: the voters asked about each derivative
    function_report  the report of the votes
"""
