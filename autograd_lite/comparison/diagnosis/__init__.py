"""The search for the mistakes behind wrong gradients.

The order of the search, and what it looks for:

    diagnose        the order in which to look, and which rows are wrong only because another is
    search          the mistakes that explain rows, one after the other
    mistakes        the table of mistakes, by key, and a mistake that was found, in a sentence
    sentences       how long the first sentence of a finding is
    phrasing        names of rows and steps, and the parts of sentences

What explains rows:

    row_patterns    one number times what several rows must be; sums, transposes; other tensors
    regularisers    the terms that depend on parameters alone, and what was made of their gradient
    single_arrays   a factor of the chain, such as dh2/dz2, or an array without a graph
    wrong_passes    a backward pass with a wrong step, out of `wrong_steps`
    wrong_formulas  the derivation with one edit, out of `edits`, computed by `formulas`
    wrong_calls     what is written wrong in one call of a formula
    algebra         products and sums of expressions, written out in the simplest form

What they look at:

    array_patterns  what the numbers of one array show beside the expected ones
    constants       what a number is called: a size, a product of sizes, a constant
    graph           what leads to what in a recorded graph
    rounds          which call of a round of a loop is which of the round before

When the gradients agree:

    agreement       the mutation score of the comparison, and the sizes of the gradients

docs/diagnosis.md tells how they work together.
"""
