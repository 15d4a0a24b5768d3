"""What is wrong with a training: the numbers of one batch, and what they say.

measures       what is measured of the activations and the parameters on a batch
findings       the table of findings: when each holds, what it means, what people do
examination    `health`: one pass over a batch, which changes nothing of the model
report         `Health`: the findings and the rows, as text
watch          `HealthWatch`: the same after epochs of `fit`
"""

from .examination import health
from .findings import Finding
from .report import Health
from .watch import HealthWatch

__all__ = ["Finding", "Health", "HealthWatch", "health"]
