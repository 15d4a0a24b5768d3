"""What is differentiated, with NumPy by hand and with each library."""

from .activations import ACTIVATIONS
from .attention import ATTENTION
from .chains import CHAINS
from .convolution import CONVOLUTION
from .logistic import LOGISTIC
from .networks import NETWORKS
from .recurrent import LSTM

WORKLOADS = (*NETWORKS, LOGISTIC, CONVOLUTION, LSTM, ATTENTION, *ACTIVATIONS, *CHAINS)
