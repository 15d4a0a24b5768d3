import numpy as np

# Homework 4. Theta1 is 5 x 4 and Theta2 is 3 x 6, the bias in the first column of each.

g = lambda z: 1.0 / (1.0 + np.exp(-z))


def sigmoidGradient(z):
    return g(z) * (1 - g(z))  #!h return g(z) * (1 + g(z)) #| return g(z)


def nnCostFunction(Theta1, Theta2, X, y, lam):
    m = len(X)
    K = Theta2.shape[0]
    J = 0
    Theta1_grad = np.zeros(Theta1.shape)
    Theta2_grad = np.zeros(Theta2.shape)

    for t in range(m):
        # step 1: forward
        a1 = np.concatenate(([1], X[t]))
        z2 = Theta1 @ a1
        a2 = np.concatenate(([1], g(z2)))
        z3 = Theta2 @ a2
        a3 = g(z3)
        yk = (np.arange(K) == y[t]).astype(float)
        J += -yk @ np.log(a3) - (1 - yk) @ np.log(1 - a3)
        # step 2, 3: errors
        delta3 = a3 - yk  #! delta3 = yk - a3 #| delta3 = (a3 - yk) * a3 * (1 - a3)
        delta2 = (Theta2.T @ delta3)[1:] * sigmoidGradient(z2)  #~h  #! delta2 = (Theta2.T @ delta3)[1:] * sigmoidGradient(a2[1:]) #| delta2 = (Theta2.T @ delta3)[:-1] * sigmoidGradient(z2)  #= delta2 = Theta2[:, 1:].T @ delta3 * a2[1:] * (1 - a2[1:])
        # step 4: accumulate
        Theta1_grad += np.outer(delta2, a1)  #! Theta1_grad = np.outer(delta2, a1)
        Theta2_grad += np.outer(delta3, a2)  #= Theta2_grad += delta3[:, None] * a2  #&a Theta2_grad = np.outer(delta3, a2)

    J = J / m + lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    # step 5: divide, regularise all but the bias
    Theta1_grad = Theta1_grad / m
    Theta2_grad = Theta2_grad / m  #= Theta2_grad /= m
    Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]  #! Theta1_grad += lam / m * Theta1 #| Theta1_grad[:, 1:] += lam / (2 * m) * Theta1[:, 1:]  #&a Theta1_grad[:, 1:] += lam * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]  #! pass #| Theta2_grad[:, 1:] -= lam / m * Theta2[:, 1:]
    return J, [Theta1_grad, Theta2_grad]


def run(Theta1, Theta2, X, y):
    return nnCostFunction(Theta1, Theta2, X, y, 1.3)


def example():
    rng = np.random.default_rng(104)
    return rng.normal(size=(5, 4)), rng.normal(size=(3, 6)), rng.normal(size=(7, 3)), np.array([2, 0, 1, 1, 2, 0, 0])
