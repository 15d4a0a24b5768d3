import numpy as np

# A bidirectional Elman network that tags each element of a sequence.


def softmax(v):
    v = np.exp(v - v.max())
    return v / v.sum()


def scan(xs, U, W, b):
    """Hidden states in the order of xs, starting from zero."""
    h, states = np.zeros(len(b)), []
    for x in xs:
        h = np.tanh(U.dot(x) + W.dot(h) + b)
        states.append(h)
    return states


def scan_grad(xs, states, dstates, U, W, b):
    dU, dW, db = [np.zeros_like(p) for p in (U, W, b)]
    dh_next = np.zeros_like(b)
    before = [np.zeros_like(b)] + states[:-1]  #= before = [0 * b, *states][:-1]  #! before = states
    for x, h, h_prev, dout in reversed(list(zip(xs, states, before, dstates))):
        dh = dout + dh_next  #! dh = dout #| dh = dout - dh_next
        dz = (1 - h * h) * dh  #! dz = (1 - h_prev * h_prev) * dh #| dz = (1 - np.tanh(h) ** 2) * dh
        dU += np.outer(dz, x)
        dW += np.outer(dz, h_prev)  #! dW += np.outer(h_prev, dz)
        db += dz  #! db += dh
        dh_next = W.T.dot(dz)  #! dh_next = W.dot(dz) #| dh_next = W.T.dot(dh)  #&a dh_next = W.T.dot(dz) * (1 - h * h)
    return dU, dW, db


def run(xs, tags, p):
    fwd = scan(xs, p["Uf"], p["Wf"], p["bf"])
    bwd = scan(xs[::-1], p["Ub"], p["Wb"], p["bb"])[::-1]
    probs = [softmax(p["Vf"].dot(hf) + p["Vb"].dot(hb) + p["c"]) for hf, hb in zip(fwd, bwd)]
    loss = -sum(np.log(q[k]) for q, k in zip(probs, tags))

    g = {}
    errors = []
    for q, k in zip(probs, tags):
        e = q.copy()
        e[k] -= 1
        errors.append(e)
    g["Vf"] = sum(np.outer(e, h) for e, h in zip(errors, fwd))  #! g["Vf"] = sum(np.outer(e, h) for e, h in zip(errors, fwd[::-1]))
    g["Vb"] = sum(np.outer(e, h) for e, h in zip(errors, bwd))  #= g["Vb"] = np.array(errors).T @ np.array(bwd)  #! g["Vb"] = sum(np.outer(e, h) for e, h in zip(errors, fwd))
    g["c"] = sum(errors)  #! g["c"] = sum(errors) / len(xs)  #&a g["c"] = errors[-1]
    dfwd = [p["Vf"].T.dot(e) for e in errors]
    dbwd = [p["Vb"].T.dot(e) for e in errors]  #! dbwd = [p["Vf"].T.dot(e) for e in errors]
    g["Uf"], g["Wf"], g["bf"] = scan_grad(xs, fwd, dfwd, p["Uf"], p["Wf"], p["bf"])
    g["Ub"], g["Wb"], g["bb"] = scan_grad(xs[::-1], bwd[::-1], dbwd[::-1], p["Ub"], p["Wb"], p["bb"])  #! g["Ub"], g["Wb"], g["bb"] = scan_grad(xs[::-1], bwd[::-1], dbwd, p["Ub"], p["Wb"], p["bb"])
    return loss, g


def example():
    rng = np.random.default_rng(104)
    D, H, K, T = 3, 4, 5, 6
    shapes = dict(Uf=(H, D), Wf=(H, H), bf=(H,), Ub=(H, D), Wb=(H, H), bb=(H,), Vf=(K, H), Vb=(K, H), c=(K,))
    p = {name: rng.normal(size=s) * 0.6 for name, s in shapes.items()}
    return rng.normal(size=(T, D)), [0, 3, 1, 4, 4, 2], p
