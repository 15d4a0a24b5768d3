import numpy as np


class CBOW:
    """word2vec, continuous bag of words, with the full softmax (toy vocabulary only)"""

    def __init__(self, W_in, W_out):
        self.W_in = W_in      # V x N
        self.W_out = W_out    # N x V

    def forward_pass(self, context):
        h = np.mean([self.W_in[c] for c in context], axis=0)
        u = np.dot(self.W_out.T, h)
        e_u = np.exp(u - np.max(u))
        y_c = e_u / e_u.sum()
        return y_c, h, u

    def backprop(self, e, h, context):
        dl_dw2 = np.outer(h, e)  #! dl_dw2 = np.outer(self.W_in[context[0]], e)
        EH = np.dot(self.W_out, e)  #! EH = np.dot(self.W_out - 0.05 * dl_dw2, e) #| EH = np.dot(self.W_out, e) * h  #= EH = (self.W_out * e).sum(axis=1)
        dl_dw1 = np.zeros(self.W_in.shape)
        for c in context:
            dl_dw1[c] += EH / len(context)  #! dl_dw1[c] = EH / len(context) #| dl_dw1[c] += EH #| dl_dw1[c] += EH / len(self.W_in) #| dl_dw1[c] += np.dot(self.W_out, e ** 2) / len(context)  #&a dl_dw1[c] -= EH / len(context)
        return dl_dw1, dl_dw2

    def loss_and_grads(self, training_data):
        loss = 0
        G1, G2 = np.zeros_like(self.W_in), np.zeros_like(self.W_out)
        for target, context in training_data:
            y_pred, h, u = self.forward_pass(context)
            loss += -u[target] + np.log(np.sum(np.exp(u)))
            EI = y_pred.copy()
            EI[target] -= 1  #! EI[target] += 1 #| EI[context] -= 1 #| EI[context[0]] -= 1  #= EI[target] = y_pred[target] - 1
            g1, g2 = self.backprop(EI, h, context)  #! g1, g2 = self.backprop(y_pred * (1 - y_pred) * EI, h, context) #| g1, g2 = self.backprop(-EI, h, context)
            G1 += g1  #! G1 = g1
            G2 += g2  #&a G2 += g2 / len(context)  #= G2 = g2 + G2
        n = len(training_data)
        return loss / n, G1 / n, G2 / n  #! return loss / n, G1 / n, G2


def windows(corpus, size):
    for pos, word in enumerate(corpus):
        around = [corpus[p] for p in range(pos - size, pos + size + 1) if p != pos and 0 <= p < len(corpus)]
        yield word, around


def run(corpus, W_in, W_out):
    model = CBOW(W_in, W_out)
    loss, G1, G2 = model.loss_and_grads(list(windows(corpus, 2)))
    return loss, {"W_in": G1, "W_out": G2}


def example():
    rng = np.random.default_rng(103)
    V, N = 7, 4
    return [0, 3, 1, 3, 5, 2, 6, 4, 1, 0], rng.normal(size=(V, N)), rng.normal(size=(N, V))
