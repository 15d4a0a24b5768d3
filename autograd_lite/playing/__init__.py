"""`play`: a page on which backpropagation of a tape is played, in a file of its own.

play             the function, and what it refuses
contributions    what each call passes back to each of its arguments, with the rule in words
from_tape        the model of the page, out of the tape: labels, formulas, the program
model            boxes, arrows, flows, wrong answers as plain data
mistakes         the wrong answers, made by the wrong rules of the diagnosis
training         data, labels and prediction of what can be trained
layout           where boxes and arrows stand
page             one file out of the model, the program and ``assets/``
"""

from .page import Page
from .play import play

__all__ = ["Page", "play"]
