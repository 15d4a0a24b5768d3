"""`review`: the wrong line of a hand-written backward pass, with the right one.

======================  ==========================================================================
`review.py`             the function
`forms.py`              what may be handed in, as one function
`sources.py`            the statements of the user's files
`instrumented.py`       their code with calls in it that tell what each statement gave
`watchers.py`           who answers these calls
`inputs.py`             copies of what a program is run on
`runs.py`               one run: the loss, the gradients, what each line gave
`truths.py`             the true gradients, at the given point and beside it
`pairs.py`              which returned gradient is the gradient of what
`segments.py`           the parts that a flat gradient is put together from
`examination.py`        all that is known of a program
`recognition.py`        whether an array is one that backpropagation computes
`flow.py`               which lines feed a wrong gradient, and which come first
`localisation.py`       which line would make all right, if it gave the right values
`candidates.py`         the values that a line may have to give
`makers.py`             the lines that parts of a wrong line come from
`vocabulary.py`         the expressions that a line could contain
`texts.py`              statements as text, with a part replaced
`edits.py`              the lines that a line could have been; `variants.py` has all kinds
`slips.py` and others   the kinds: `exchanges`, `additions`, `formulas`, `completions`, `parallels`
`solving.py`            the formula that gives a wanted value (`goals.py`, `factors.py`)
`trials.py`             the forms of one line, tried
`plan.py`               in which order they are tried
`rivals.py`             which of several repairs was meant
`step.py`               the search for the one line that is wrong
`couples.py`            two lines that are wrong at once
`parts.py`              pairs of a forward and a backward function, each on its own
`calls.py`              what the functions of a program got and gave
`search.py`             the smallest change that makes the gradients right
`verdicts.py`           the verdict on each line
`words.py`              what is wrong with a line, in words
`report.py`             the report and its forms
======================  ==========================================================================
"""

from .report import Review as Review
from .review import review as review
