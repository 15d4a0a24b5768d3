"""Character level LSTM on one short string, truncated nowhere. Column vectors."""
import numpy as np

vocab = sorted(set("hello, world"))
ix_of = {ch: i for i, ch in enumerate(vocab)}


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def one_hot(ch):
    x = np.zeros((len(vocab), 1))
    x[ix_of[ch]] = 1
    return x


def lstm_step(x, h_prev, c_prev, p):
    s = {"c_prev": c_prev, "z": np.vstack((h_prev, x))}
    s["f"] = sigmoid(p["Wf"] @ s["z"] + p["bf"])
    s["i"] = sigmoid(p["Wi"] @ s["z"] + p["bi"])
    s["g"] = np.tanh(p["Wc"] @ s["z"] + p["bc"])
    s["o"] = sigmoid(p["Wo"] @ s["z"] + p["bo"])
    s["c"] = s["f"] * c_prev + s["i"] * s["g"]
    s["h"] = s["o"] * np.tanh(s["c"])
    s["logits"] = p["Wy"] @ s["h"] + p["by"]
    e = np.exp(s["logits"] - s["logits"].max())
    s["prob"] = e / e.sum()
    return s


def forward(text, p, h0, c0):
    loss, steps = 0, []
    h, c = h0, c0
    for ch, nxt in zip(text[:-1], text[1:]):
        steps.append(lstm_step(one_hot(ch), h, c, p))
        h, c = steps[-1]["h"], steps[-1]["c"]
        loss += -np.log(steps[-1]["prob"][ix_of[nxt], 0])
    return loss, steps


def backward(text, p, steps):
    d = {k: np.zeros_like(v) for k, v in p.items()}
    H = len(p["bf"])
    dh_next, dc_next = np.zeros((H, 1)), np.zeros((H, 1))
    for t in reversed(range(len(steps))):
        s = steps[t]
        dy = s["prob"].copy()
        dy[ix_of[text[t + 1]]] -= 1  #! dy[ix_of[text[t]]] -= 1
        d["Wy"] += dy @ s["h"].T
        d["by"] += dy  #! d["by"] = dy  #&b d["by"] += s["prob"]
        dh = p["Wy"].T @ dy + dh_next  #! dh = p["Wy"].T @ dy #| dh = dh_next + p["Wy"].T @ s["prob"]
        do = dh * np.tanh(s["c"]) * s["o"] * (1 - s["o"])  #! do = dh * s["c"] * s["o"] * (1 - s["o"]) #| do = dh * np.tanh(s["c"])  #&a do = dh * np.tanh(s["c"]) * (1 - s["o"] ** 2)
        dc = dc_next + dh * s["o"] * (1 - np.tanh(s["c"]) ** 2)  #= dc = dc_next + dh * s["o"] - dh * s["h"] * np.tanh(s["c"])  #! dc = dc_next + dh * s["o"] * (1 - s["c"] ** 2) #| dc = dh * s["o"] * (1 - np.tanh(s["c"]) ** 2)
        dg = dc * s["i"] * (1 - s["g"] ** 2)  #! dg = dc * s["i"] * s["g"] * (1 - s["g"])
        di = dc * s["g"] * s["i"] * (1 - s["i"])
        df = dc * s["c_prev"] * s["f"] * (1 - s["f"])  #= df = dc * (s["c"] - s["i"] * s["g"]) * (1 - s["f"])  #! df = dc * s["c"] * s["f"] * (1 - s["f"])
        for gate, grad in (("f", df), ("i", di), ("c", dg), ("o", do)):
            d["W" + gate] += grad @ s["z"].T  #&a d["W" + gate] += grad @ steps[0]["z"].T
            d["b" + gate] += grad
        dz = p["Wf"].T @ df + p["Wi"].T @ di + p["Wc"].T @ dg + p["Wo"].T @ do  #! dz = p["Wf"].T @ df + p["Wi"].T @ di + p["Wc"].T @ dg #| dz = p["Wf"].T @ df + p["Wi"].T @ dg + p["Wc"].T @ di + p["Wo"].T @ do
        dh_next = dz[:H]
        dc_next = s["f"] * dc  #! dc_next = s["i"] * dc  #&b dc_next = dc.copy()
    return d, dh_next, dc_next


def run(text, p, h0, c0):
    loss, steps = forward(text, p, h0, c0)
    d, dh0, dc0 = backward(text, p, steps)
    return loss, {**d, "h0": dh0, "c0": dc0}


def example():
    rng = np.random.default_rng(104)
    H, V = 4, len(vocab)
    p = {}
    for gate in "fico":
        p["W" + gate] = rng.normal(size=(H, H + V)) * 0.7
        p["b" + gate] = rng.normal(size=(H, 1)) * 0.5
    p["Wy"], p["by"] = rng.normal(size=(V, H)), rng.normal(size=(V, 1))
    return "hello", p, rng.normal(size=(H, 1)), rng.normal(size=(H, 1))
