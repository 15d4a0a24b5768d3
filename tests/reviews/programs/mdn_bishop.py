import numpy as np

# Mixture density network after Bishop (1994): the net's outputs are the logits of the mixing
# coefficients, the centres and the logs of the widths of K Gaussians over a scalar t.


def net(x, v):
    hid = np.tanh(np.dot(x, v[0]) + v[1])
    return hid, np.dot(hid, v[2]) + v[3]


def unpack(out):
    logits, centre, logwidth = np.split(out, 3, axis=1)
    alpha = np.exp(logits - logits.max(axis=1, keepdims=True))
    alpha = alpha / alpha.sum(axis=1, keepdims=True)
    return alpha, centre, np.exp(logwidth)


def kernel(t, centre, width):
    return np.exp(-0.5 * ((t - centre) / width) ** 2) / (np.sqrt(2 * np.pi) * width)


def run(x, t, v):
    n = x.shape[0]
    hid, out = net(x, v)
    alpha, centre, width = unpack(out)
    joint = alpha * kernel(t, centre, width)
    likelihood = joint.sum(axis=1, keepdims=True)
    loss = -np.log(likelihood).sum() / n

    # posterior of each kernel, and with it the three kinds of outputs
    post = joint / likelihood  #! post = joint #| post = alpha
    scaled = (t - centre) / width
    d_logits = alpha - post  #! d_logits = post - alpha #| d_logits = alpha * (1 - alpha) - post  #&a d_logits = alpha - joint
    d_centre = post * (centre - t) / width ** 2  #! d_centre = post * (t - centre) / width ** 2 #| d_centre = post * (centre - t) / width #| d_centre = (centre - t) / width ** 2  #= d_centre = -post * scaled / width
    d_logwidth = post * (1 - scaled ** 2)  #! d_logwidth = post * (1 - scaled ** 2) / width #| d_logwidth = post * (0.5 - scaled ** 2) #| d_logwidth = -post * scaled ** 2  #= d_logwidth = post - post * (t - centre) ** 2 / width ** 2
    d_out = np.concatenate((d_logits, d_centre, d_logwidth), axis=1) / n  #! d_out = np.concatenate((d_logits, d_centre, d_logwidth), axis=1) #| d_out = np.concatenate((d_logits, d_logwidth, d_centre), axis=1) / n

    d_hid = np.dot(d_out, v[2].T)
    d_act = d_hid * (1.0 - hid * hid)  #! d_act = d_hid  #= d_act = d_hid * (1.0 + hid) * (1.0 - hid)
    gradient = [np.dot(x.T, d_act), d_act.sum(axis=0), np.dot(hid.T, d_out), d_out.sum(axis=0)]  #&a gradient = [np.dot(x.T, d_act), d_act.mean(axis=0), np.dot(hid.T, d_out), d_out.sum(axis=0)]
    return loss, gradient


def example():
    rng = np.random.default_rng(111)
    K, H = 3, 5
    v = [rng.normal(size=(2, H)), rng.normal(size=H), rng.normal(size=(H, 3 * K)) * 0.4, rng.normal(size=3 * K) * 0.3]
    return rng.normal(size=(8, 2)), rng.normal(size=(8, 1)), v
