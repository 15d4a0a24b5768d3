"""What is differentiated, with NumPy by hand and with each library."""

from .activations import ACTIVATIONS
from .attention import ATTENTION
from .chains import CHAINS
from .chains import SCAN as SCANNED_CHAIN
from .convolution import CONVOLUTION
from .logistic import LOGISTIC
from .networks import NETWORKS
from .recurrent import LSTM
from .recurrent import SCAN as SCANNED_LSTM

WORKLOADS = (
    *NETWORKS,
    LOGISTIC,
    CONVOLUTION,
    LSTM,
    SCANNED_LSTM,
    ATTENTION,
    *ACTIVATIONS,
    *CHAINS,
    SCANNED_CHAIN,
)
