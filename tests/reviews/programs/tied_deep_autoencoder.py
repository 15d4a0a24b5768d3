import numpy as np

BETA, RHO, DECAY = 0.3, 0.2, 0.02


def f(x):
    return 1 / (1 + np.exp(-x))


def cost_and_grad(W1, W2, b1, b2, c2, c1, data):
    """Encoder W1, W2 and the same weights transposed for the decoder; sparse code. data: one column a patch."""
    m = data.shape[1]
    a1 = f(W1 @ data + b1[:, None])
    a2 = f(W2 @ a1 + b2[:, None])
    r1 = f(W2.T @ a2 + c2[:, None])
    r0 = W1.T @ r1 + c1[:, None]
    rho_hat = a2.mean(axis=1)
    kl = np.sum(RHO * np.log(RHO / rho_hat) + (1 - RHO) * np.log((1 - RHO) / (1 - rho_hat)))
    err = r0 - data
    cost = 0.5 / m * np.sum(err ** 2) + BETA * kl + 0.5 * DECAY * (np.sum(W1 ** 2) + np.sum(W2 ** 2))

    d_r0 = err / m  #! d_r0 = -err / m #| d_r0 = err  #= d_r0 = (r0 - data) * (1 / m)
    d_c1 = d_r0.sum(axis=1)
    W1grad = r1 @ d_r0.T  #! W1grad = np.zeros_like(W1)
    d_r1 = (W1 @ d_r0) * r1 * (1 - r1)
    d_c2 = d_r1.sum(axis=1)  #! d_c2 = d_r1.mean(axis=1)
    W2grad = a2 @ d_r1.T  #! W2grad = a2 @ (W1 @ d_r0).T #| W2grad = -a2 @ d_r1.T
    sparsity = BETA * (-RHO / rho_hat + (1 - RHO) / (1 - rho_hat)) / m  #! sparsity = BETA * (RHO / rho_hat - (1 - RHO) / (1 - rho_hat)) / m #| sparsity = BETA * (-RHO / rho_hat + (1 - RHO) / (1 - rho_hat)) #| sparsity = BETA * (-RHO / rho_hat) / m  #= sparsity = BETA / m * (rho_hat - RHO) / (rho_hat * (1 - rho_hat))
    d_a2 = (W2 @ d_r1 + sparsity[:, None]) * a2 * (1 - a2)  #! d_a2 = W2 @ d_r1 * a2 * (1 - a2) + sparsity[:, None] #| d_a2 = W2 @ d_r1 * a2 * (1 - a2)
    W2grad += d_a2 @ a1.T  #! W2grad = d_a2 @ a1.T #| pass  #= W2grad = W2grad + np.einsum("im,jm->ij", d_a2, a1)  #&a W2grad -= d_a2 @ a1.T
    d_b2 = d_a2.sum(axis=1)
    d_a1 = (W2.T @ d_a2) * a1 * (1 - a1)  #! d_a1 = (W2.T @ d_a2) * a1
    W1grad += d_a1 @ data.T  #! W1grad = d_a1 @ data.T #| W1grad += d_a1 @ r0.T
    d_b1 = d_a1.sum(axis=1)  #! d_b1 = d_a1.sum(axis=1) + DECAY * b1
    W1grad += DECAY * W1  #! W1grad += 2 * DECAY * W1  #&a W1grad += DECAY * W1 / m
    W2grad += DECAY * W2  #! pass #| W2grad += DECAY * W2 ** 2
    return cost, (W1grad, W2grad, d_b1, d_b2, d_c2, d_c1)


def run(W1, W2, b1, b2, c2, c1, data):
    return cost_and_grad(W1, W2, b1, b2, c2, c1, data)


def example():
    rng = np.random.default_rng(125)
    return (rng.normal(size=(4, 6)), rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=3),
            rng.normal(size=4), rng.normal(size=6), rng.normal(size=(6, 9)))
