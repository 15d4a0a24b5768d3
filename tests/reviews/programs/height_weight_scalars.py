import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def deriv_sigmoid(x):
    # f'(x) = f(x) * (1 - f(x))
    fx = sigmoid(x)
    return fx * (1 - fx)  #! return x * (1 - x) #| return fx * (1 + fx)  #= return np.exp(-x) / (1 + np.exp(-x)) ** 2


def mse_loss(y_true, y_pred):
    return ((y_true - y_pred) ** 2).mean()


class GenderNetwork:
    """
    2 inputs (weight, height), h1 and h2, one output o1, and w7 goes from the height to o1 directly
    """

    def __init__(self, w, b):
        self.w1, self.w2, self.w3, self.w4, self.w5, self.w6, self.w7 = w
        self.b1, self.b2, self.b3 = b

    def feedforward(self, x):
        h1 = sigmoid(self.w1 * x[0] + self.w2 * x[1] + self.b1)
        h2 = sigmoid(self.w3 * x[0] + self.w4 * x[1] + self.b2)
        return sigmoid(self.w5 * h1 + self.w6 * h2 + self.w7 * x[1] + self.b3)

    def gradients(self, data, all_y_trues):
        total = dict.fromkeys(["w1", "w2", "w3", "w4", "w5", "w6", "w7", "b1", "b2", "b3"], 0.0)
        for x, y_true in zip(data, all_y_trues):
            sum_h1 = self.w1 * x[0] + self.w2 * x[1] + self.b1
            h1 = sigmoid(sum_h1)
            sum_h2 = self.w3 * x[0] + self.w4 * x[1] + self.b2
            h2 = sigmoid(sum_h2)
            sum_o1 = self.w5 * h1 + self.w6 * h2 + self.w7 * x[1] + self.b3
            y_pred = sigmoid(sum_o1)

            # d_L_d_w1 is "partial L / partial w1"
            d_L_d_ypred = -2 * (y_true - y_pred)  #! d_L_d_ypred = 2 * (y_true - y_pred) #| d_L_d_ypred = -(y_true - y_pred) #| d_L_d_ypred = (y_true - y_pred) ** 2  #= d_L_d_ypred = 2 * (y_pred - y_true)

            # Neuron o1
            d_ypred_d_w5 = h1 * deriv_sigmoid(sum_o1)  #! d_ypred_d_w5 = sum_h1 * deriv_sigmoid(sum_o1) #| d_ypred_d_w5 = h1 * deriv_sigmoid(y_pred) #| d_ypred_d_w5 = self.w5 * deriv_sigmoid(sum_o1)  #= d_ypred_d_w5 = h1 * y_pred * (1 - y_pred)
            d_ypred_d_w6 = h2 * deriv_sigmoid(sum_o1)  #! d_ypred_d_w6 = h1 * deriv_sigmoid(sum_o1)  #&a d_ypred_d_w6 = h2
            d_ypred_d_w7 = x[1] * deriv_sigmoid(sum_o1)  #! d_ypred_d_w7 = x[0] * deriv_sigmoid(sum_o1) #| d_ypred_d_w7 = x[1] * deriv_sigmoid(sum_h2)
            d_ypred_d_b3 = deriv_sigmoid(sum_o1)  #! d_ypred_d_b3 = 1
            d_ypred_d_h1 = self.w5 * deriv_sigmoid(sum_o1)  #! d_ypred_d_h1 = self.w6 * deriv_sigmoid(sum_o1) #| d_ypred_d_h1 = self.w5  #&b d_ypred_d_h1 = h1 * deriv_sigmoid(sum_o1)
            d_ypred_d_h2 = self.w6 * deriv_sigmoid(sum_o1)  #! d_ypred_d_h2 = self.w6 * deriv_sigmoid(sum_h2)

            # Neuron h1
            d_h1_d_w1 = x[0] * deriv_sigmoid(sum_h1)  #! d_h1_d_w1 = x[0] * deriv_sigmoid(h1)  #= d_h1_d_w1 = (h1 - h1 * h1) * x[0]
            d_h1_d_w2 = x[1] * deriv_sigmoid(sum_h1)  #! d_h1_d_w2 = x[0] * deriv_sigmoid(sum_h1)
            d_h1_d_b1 = deriv_sigmoid(sum_h1)

            # Neuron h2
            d_h2_d_w3 = x[0] * deriv_sigmoid(sum_h2)  #! d_h2_d_w3 = x[0] * deriv_sigmoid(sum_h1)
            d_h2_d_w4 = x[1] * deriv_sigmoid(sum_h2)  #! d_h2_d_w4 = x[1] * h2 * (1 + h2)  #&a d_h2_d_w4 = self.w4 * deriv_sigmoid(sum_h2)
            d_h2_d_b2 = deriv_sigmoid(sum_h2)  #! d_h2_d_b2 = sigmoid(sum_h2)

            total["w1"] += d_L_d_ypred * d_ypred_d_h1 * d_h1_d_w1
            total["w2"] += d_L_d_ypred * d_ypred_d_h1 * d_h1_d_w2  #! total["w2"] += d_L_d_ypred * d_h1_d_w2 #| total["w2"] = d_L_d_ypred * d_ypred_d_h1 * d_h1_d_w2
            total["b1"] += d_L_d_ypred * d_ypred_d_h1 * d_h1_d_b1  #! total["b1"] += d_L_d_ypred * d_ypred_d_h1 * d_h1_d_w1
            total["w3"] += d_L_d_ypred * d_ypred_d_h2 * d_h2_d_w3  #! total["w3"] -= d_L_d_ypred * d_ypred_d_h2 * d_h2_d_w3
            total["w4"] += d_L_d_ypred * d_ypred_d_h2 * d_h2_d_w4  #! total["w4"] += d_L_d_ypred * d_ypred_d_h1 * d_h2_d_w4
            total["b2"] += d_L_d_ypred * d_ypred_d_h2 * d_h2_d_b2
            total["w5"] += d_L_d_ypred * d_ypred_d_w5
            total["w6"] += d_L_d_ypred * d_ypred_d_w6  #! total["w6"] += d_L_d_ypred * d_ypred_d_w5
            total["w7"] += d_L_d_ypred * d_ypred_d_w7
            total["b3"] += d_L_d_ypred * d_ypred_d_b3  #! total["b3"] = d_L_d_ypred * d_ypred_d_b3
        return {name: value / len(data) for name, value in total.items()}  #! return {name: value for name, value in total.items()} #| return {name: value / len(total) for name, value in total.items()}  #&b return {name: value / data.size for name, value in total.items()}


def run(data, all_y_trues, w, b):
    network = GenderNetwork(w, b)
    y_preds = np.apply_along_axis(network.feedforward, 1, data)
    return mse_loss(all_y_trues, y_preds), network.gradients(data, all_y_trues)


def example():
    data = np.array([[-0.2, -1.1], [1.5, 0.6], [1.0, 0.4], [-1.5, -0.7], [0.3, 0.9]])
    w = np.array([0.7, -0.4, 0.9, 1.2, -0.8, 1.1, 0.35])
    return data, np.array([1.0, 0.0, 0.0, 1.0, 1.0]), w, np.array([0.1, -0.3, 0.2])
