"""The search for the mistakes behind wrong gradients.

The order of the search, and what it looks for:

    order           the order in which to look
    localisation    rows that are wrong by themselves, and rows wrong because another one is
    search          the mistakes that explain rows, one after the other
    candidates      a mistake that may explain rows, before it is chosen
    findings        a mistake that was found, in a sentence with its evidence
    mistakes        the table of mistakes, by key
    words           names of rows and steps, and the parts of sentences

What explains rows:

    common_factors  one number times what several rows must be
    regulariser     its gradient forgotten, scaled, or of another form
    single_rows     sums, transposes, and numbers of something else
    parametrisations  gradients by something else than the parameter: its logarithm, its square
    local_steps     one wrong factor of the chain, such as dh2/dz2
    wrong_passes    a backward pass with a wrong step, out of `wrong_steps`

What they look at:

    closed_forms    what the numbers of one array show beside the expected ones
    constants       what a number is called: a size, a product of sizes, a constant
    penalties       the terms of a loss that depend on parameters alone
    graph           what leads to what in a recorded graph

When the gradients agree:

    blind_spots     the mistakes that this comparison could not have shown
    health          why right gradients may not learn all the same

docs/diagnosis.md tells how they work together.
"""
