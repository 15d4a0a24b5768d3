import math
import numpy as np


class FM:
    """
    Factorization machine (Rendle 2010) for click prediction, labels are -1 / +1.
    A row of the data is a dict {feature index: value}.

        y(x) = w0 + sum_i w_i x_i + 1/2 sum_f [ (sum_i v_if x_i)^2 - sum_i v_if^2 x_i^2 ]
    """

    def __init__(self, w0, w, v, reg0=0.02, regw=0.1, regv=0.3):
        self.w0 = w0
        self.w = w
        self.v = v
        self.k = v.shape[1]
        self.reg0, self.regw, self.regv = reg0, regw, regv

    def _predict(self, row):
        p = self.w0
        sums = [0.0] * self.k
        for i, x in row.items():
            p += self.w[i] * x
        for f in range(self.k):
            sq = 0.0
            for i, x in row.items():
                d = self.v[i, f] * x
                sums[f] += d
                sq += d * d
            p += 0.5 * (sums[f] ** 2 - sq)
        return p, sums

    def loss(self, rows, labels):
        total = 0.0
        for row, y in zip(rows, labels):
            p, _ = self._predict(row)
            total += math.log(1 + math.exp(-y * p))
        total /= len(rows)
        total += 0.5 * self.reg0 * self.w0 ** 2
        total += 0.5 * self.regw * np.sum(self.w ** 2)
        total += 0.5 * self.regv * np.sum(self.v ** 2)
        return total

    def _mult(self, y, p):
        # derivative of log(1 + exp(-y p)) w.r.t. p
        return -y / (1 + math.exp(y * p))  #! return y / (1 + math.exp(y * p)) #| return -y / (1 + math.exp(-y * p)) #| return -1 / (1 + math.exp(y * p)) #| return -y / (1 + math.exp(p)) #= return y * (1 / (1 + math.exp(-y * p)) - 1)  #&a return -p / (1 + math.exp(y * p))

    def gradient(self, rows, labels):
        n = len(rows)
        grad_w0 = 0.0
        grad_w = {}  # sparse: only the features that occur
        grad_v = np.zeros(self.v.shape)
        for row, y in zip(rows, labels):
            p, sums = self._predict(row)
            mult = self._mult(y, p) / n  #! mult = self._mult(y, p) #| mult = self._mult(y, p) / len(self.w) #| mult = self._mult(y, p) / len(row)
            grad_w0 += mult  #! grad_w0 = mult #| grad_w0 += mult * p
            for i, x in row.items():
                grad_w[i] = grad_w.get(i, 0.0) + mult * x  #! grad_w[i] = mult * x #| grad_w[i] = grad_w.get(i, 0.0) + mult #| grad_w[i] = grad_w.get(i, 0.0) + mult * self.w[i] #= grad_w[i] = (grad_w[i] if i in grad_w else 0) + x * mult
            for f in range(self.k):
                for i, x in row.items():
                    inner = sums[f] * x - self.v[i, f] * x * x  #! inner = sums[f] * x - self.v[i, f] * x #| inner = sums[f] * x #| inner = sums[f] * x + self.v[i, f] * x * x #| inner = sums[f] - self.v[i, f] * x * x #| inner = sums[f] * x - 0.5 * self.v[i, f] * x * x #= inner = x * (sums[f] - self.v[i, f] * x) #= inner = x * sum(self.v[j, f] * z for j, z in row.items() if j != i)  #&b inner = sums[f] - self.v[i, f] * x
                    grad_v[i, f] += mult * inner  #! grad_v[i, f] = mult * inner #| grad_v[i, f] += 0.5 * mult * inner #| grad_v[i, f] -= mult * inner #| grad_v[i, f] += inner

        # regularisation
        grad_w0 += self.reg0 * self.w0  #! pass #| grad_w0 += self.reg0
        out_w = np.zeros(len(self.w))
        for i in range(len(self.w)):
            out_w[i] = grad_w.get(i, 0.0) + self.regw * self.w[i]  #! out_w[i] = grad_w.get(i, 0.0) #| out_w[i] = grad_w.get(i, 0.0) + self.regw #| out_w[i] = grad_w.get(i, 0.0) + self.regv * self.w[i] #| out_w[i] = grad_w.get(i, 0.0) - self.regw * self.w[i]  #&a out_w[i] = grad_w.get(i, 0.0) + 2 * self.regw * self.w[i]
            for f in range(self.k):
                grad_v[i, f] += self.regv * self.v[i, f]  #! grad_v[i, f] += self.regw * self.v[i, f] #| grad_v[i, f] += self.regv * self.v[i, f] ** 2 #| grad_v[i, f] += self.regv * self.v[i, f] / n  #&b grad_v[i, f] += 2 * self.regv * self.v[i, f]
        return grad_w0, out_w, grad_v


def run(rows, labels, w0, w, v):
    fm = FM(w0, w, v)
    return fm.loss(rows, labels), fm.gradient(rows, labels)


def example():
    rng = np.random.RandomState(1234)
    rows = [{0: 1.0, 3: 1.0, 5: 0.4}, {1: 1.0, 3: 1.0, 5: -0.9, 6: 2.0}, {0: 1.0, 4: 1.0, 5: 1.3},
            {2: 1.0, 4: 1.0, 6: -0.7}, {1: 1.0, 2: 0.5, 5: 0.2}]
    return rows, [1, -1, -1, 1, 1], 0.3, rng.normal(size=7), rng.normal(0, 0.6, size=(7, 3))
