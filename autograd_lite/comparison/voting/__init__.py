"""The vote on derivatives of a plain function: by hand, by autodiff, by finite differences.

From the question to the report:

    problem          the function, the point and the given derivatives, as lists of arrays
    variables        what a person calls the tensors inside the function
    traced           the vote of autodiff
    differences      the vote of finite differences
    votes            the three votes on one derivative, and what they say together
    contest          the voters asked about each derivative of a problem
    consistency      what the given derivatives show without the function
    clues            what else is known when the votes are counted, in sentences
    function_report  the report of the votes

`compare_function`, one floor up in `functions`, starts here.
"""
