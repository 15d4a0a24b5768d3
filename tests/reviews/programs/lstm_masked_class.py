import numpy as np


def sigmoid(v):
    return np.where(v >= 0, 1 / (1 + np.exp(-np.abs(v))), np.exp(-np.abs(v)) / (1 + np.exp(-np.abs(v))))


class LSTM:
    """
    LSTM for sequences of different length (padded), a number predicted at every step.

    z_t = [h_{t-1}, x_t];  one weight matrix for every gate, (hidden + input, hidden)
    """

    def __init__(self, input_size, hidden_size, Wf, Wi, Wc, Wo, bf, bi, bc, bo, Wy, by):
        self.input_size, self.hidden_size = input_size, hidden_size
        self.Wf, self.Wi, self.Wc, self.Wo = Wf, Wi, Wc, Wo
        self.bf, self.bi, self.bc, self.bo = bf, bi, bc, bo
        self.Wy, self.by = Wy, by

    def forward(self, X):
        batch, T, _ = X.shape
        h = np.zeros((batch, self.hidden_size))
        c = np.zeros((batch, self.hidden_size))
        self.tape = []
        self.outputs = np.zeros((batch, T))
        for t in range(T):
            z = np.concatenate([h, X[:, t]], axis=1)
            f = sigmoid(z.dot(self.Wf) + self.bf)
            i = sigmoid(z.dot(self.Wi) + self.bi)
            c_bar = np.tanh(z.dot(self.Wc) + self.bc)
            o = sigmoid(z.dot(self.Wo) + self.bo)
            c_prev = c
            c = f * c_prev + i * c_bar
            h = o * np.tanh(c)
            self.tape.append(dict(z=z, f=f, i=i, c_bar=c_bar, o=o, c=c, c_prev=c_prev, h=h))
            self.outputs[:, t] = h.dot(self.Wy) + self.by
        return self.outputs

    def loss(self, targets, mask):
        self.err = (self.outputs - targets) * mask
        return np.sum(self.err ** 2) / np.sum(mask)

    def backward(self, mask):
        H = self.hidden_size
        for name in ("Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo", "Wy"):
            setattr(self, "d" + name, np.zeros_like(getattr(self, name)))
        self.dby = 0.0
        dout = 2 * self.err / np.sum(mask)  #! dout = 2 * self.err / mask.size #| dout = self.err / np.sum(mask)  #= dout = (self.err + self.err) / mask.sum()
        dh_next = np.zeros_like(self.tape[0]["h"])
        dc_next = np.zeros_like(dh_next)
        for t in range(len(self.tape) - 1, -1, -1):
            s = self.tape[t]
            self.dWy += s["h"].T.dot(dout[:, t])
            self.dby += np.sum(dout[:, t])
            dh = np.outer(dout[:, t], self.Wy) + dh_next  #! dh = np.outer(dout[:, t], self.Wy) - dh_next #| dh = np.outer(dout[:, t], self.Wy)
            tanh_c = np.tanh(s["c"])
            do = dh * tanh_c * s["o"] * (1 - s["o"])  #! do = dh * s["c"] * s["o"] * (1 - s["o"])
            dc = dc_next + dh * s["o"] * (1 - tanh_c ** 2)  #! dc = dh * s["o"] * (1 - tanh_c ** 2) #| dc = dc_next + dh * s["o"] * (1 - s["c"] ** 2)
            dc_bar = dc * s["i"] * (1 - s["c_bar"] ** 2)  #&a dc_bar = dc * s["f"] * (1 - s["c_bar"] ** 2)
            di = dc * s["c_bar"] * s["i"] * (1 - s["i"])  #! di = dc * s["c_bar"] * s["i"]  #= di = dc * s["c_bar"] * (s["i"] - s["i"] ** 2)
            df = dc * s["c_prev"] * s["f"] * (1 - s["f"])  #! df = dc * s["c"] * s["f"] * (1 - s["f"])  #&a df = dc * s["c_prev"] * s["f"]
            self.dWf += s["z"].T.dot(df)
            self.dWi += s["z"].T.dot(di)
            self.dWc += s["z"].T.dot(dc_bar)
            self.dWo += s["z"].T.dot(do)  #! self.dWo += s["z"].T.dot(dc_bar)
            self.dbf += df.sum(axis=0)
            self.dbi += di.sum(axis=0)
            self.dbc += dc_bar.sum(axis=0)
            self.dbo += do.sum(axis=0)
            dz = df.dot(self.Wf.T) + di.dot(self.Wi.T) + dc_bar.dot(self.Wc.T) + do.dot(self.Wo.T)  #! dz = df.dot(self.Wf.T) + di.dot(self.Wi.T) + do.dot(self.Wo.T) #| dz = df.dot(self.Wf.T) + di.dot(self.Wi.T) + dc_bar.dot(self.Wc.T) + do.dot(self.Wc.T)
            dh_next = dz[:, :H]  #! dh_next = dz[:, -H:]  #= dh_next = np.split(dz, [H], axis=1)[0]
            dc_next = dc * s["f"]  #! dc_next = dc * s["i"]

    def gradients(self):
        return {k: getattr(self, "d" + k) for k in ("Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo", "Wy", "by")}


def run(X, targets, mask, weights):
    net = LSTM(X.shape[2], 3, **weights)
    net.forward(X)
    loss = net.loss(targets, mask)
    net.backward(mask)
    return loss, net.gradients()


def example():
    rng = np.random.default_rng(33)
    B, T, D, H = 4, 5, 3, 3
    weights = {k: rng.normal(0, 0.8, (H + D, H)) for k in ("Wf", "Wi", "Wc", "Wo")}
    weights.update({k: rng.normal(0, 0.5, H) for k in ("bf", "bi", "bc", "bo")})
    weights["Wy"], weights["by"] = rng.normal(0, 1, H), 0.3
    lengths = np.array([5, 3, 4, 2])
    mask = (np.arange(T) < lengths[:, None]).astype(float)
    return rng.normal(size=(B, T, D)), rng.normal(size=(B, T)), mask, weights
