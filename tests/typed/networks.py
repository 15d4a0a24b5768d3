"""A network and its training, with types."""

import numpy as np
import numpy.typing as npt

import autograd_lite as ag
import nn

Array = npt.NDArray[np.float64]


class Net(nn.Module):
    def __init__(self, hidden: int) -> None:
        self.first = nn.Linear(2, hidden, rng=0)
        self.second = nn.Linear(hidden, 1, rng=1)
        self.scale = ag.Tensor(1.0, requires_grad=True, name="scale")

    def forward(self, x: Array | ag.Tensor) -> ag.Tensor:
        hidden: ag.Tensor = ag.relu(self.first(x))
        out: ag.Tensor = self.second(hidden) * self.scale
        return out


def train(model: nn.Module, X: Array, y: Array, steps: int = 10) -> list[float]:
    optimizer = nn.Adam(model.parameters(), learning_rate=0.1)
    optimizer.learning_rate *= 0.5
    schedule: nn.Schedule = nn.WarmUp(optimizer, 2, then=nn.CosineDecay(optimizer, steps))
    losses = []
    for _ in range(steps):
        loss = nn.squared_error(model(X), y) + nn.ridge(model.parameters(), 0.1, len(X))
        optimizer.zero_grad()
        loss.backward()
        nn.clip_gradient_norm(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses


model = nn.Sequential(nn.Linear(2, 3, rng=0), np.tanh, nn.Linear(3, 1), nn.Sigmoid())
train(model, np.ones((4, 2)), np.zeros((4, 1)))
train(Net(3), np.ones((4, 2)), np.zeros((4, 1)))
first = model[0]
print(len(model), [name for name, _ in model.named_parameters()], first)
model.load_state_dict(model.state_dict())

images = nn.Sequential(nn.Conv2d(1, 2, 3, rng=0), nn.BatchNorm(2), nn.MaxPool(2), nn.Flatten())
criterion = nn.CrossEntropy(label_smoothing=0.1)
loss: ag.Tensor = criterion(images.train()(np.ones((2, 1, 4, 4))), np.array([0, 1]))
print(nn.summary(images.eval().freeze(), np.ones((2, 1, 4, 4))).parameters, loss.is_leaf)
body = {"parameters": images.parameters(), "weight_decay": 0.1}
print([name for name, _ in images.named_buffers()], body)
sequence, state = nn.LSTM(2, 3, rng=0)(np.ones((1, 4, 2)), return_state=True)
