"""What is differentiated, with NumPy by hand and with each library."""

from .chains import CHAINS
from .logistic import LOGISTIC
from .networks import NETWORKS

WORKLOADS = (*NETWORKS, LOGISTIC, *CHAINS)
