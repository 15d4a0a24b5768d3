"""Mutants: backward passes with one wrong step.

Running and enumerating them:

    backward          the backward pass of a recorded graph, with wrong steps in it
    mutant            one wrong step, as something to try
    mutants           all of them, enumerated over a graph

What can be wrong in a step:

    wrong_rules       wrong local derivatives, by operation
    edge_rules        the wrong rules of one edge, and what may stand for its cotangent
    errors_of_losses  where p - y is in a loss, and what is done wrong with it
    accumulation      values used several times: one use kept, or one for another
    stale_weights     a weight updated before the error went through it
    repeated_steps    the same wrong step in each round of a loop, or in each layer
    recognised_functions  functions written out of others, taken as one step
    normalisation     batch and layer norm and their kind as one step
    pieces            slices that overlap, and pieces that are exchanged
    windows           convolution and pooling: loops over windows
"""
