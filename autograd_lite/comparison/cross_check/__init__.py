"""The vote on derivatives of a plain function: by hand, by autodiff, by finite differences.

From the question to the report:

    problem          the function, the point and the given derivatives, as lists of arrays
    arguments        the same of a function with several arguments, and gradients by their names
    voters           autodiff and finite differences
    votes            the three votes on one derivative, and what they say together
    contest          `compare_function`: the voters asked about each derivative
    repairs          the line of the code by hand that is wrong, by one edit of it
    plain_python     functions with `math` in a form that tensors go through
    function_report  the report of the votes
"""
