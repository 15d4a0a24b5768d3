# GAN on 2-d points, generator update only (the discriminator is frozen here but the gradient has to go through it)
import numpy as np

lrelu_slope = 0.2
params = {}


def lrelu(v):
    return np.maximum(v, lrelu_slope * v)

def dlrelu(v):
    dv = np.ones_like(v)
    dv[v < 0] = lrelu_slope  #!slope dv[v < 0] = 0 #| dv[v > 0] = lrelu_slope
    return dv

def generator(z):
    g = {'z': z}
    g['a1'] = params['G1'].dot(z) + params['g1']
    g['h1'] = lrelu(g['a1'])
    g['a2'] = params['G2'].dot(g['h1']) + params['g2']
    g['x'] = np.tanh(g['a2'])
    return g

def discriminator(x):
    d = {'x': x}
    d['a1'] = params['D1'].dot(x) + params['d1']
    d['h1'] = lrelu(d['a1'])
    d['out'] = params['D2'].dot(d['h1']) + params['d2']
    return d

def discriminator_input_grad(d, dout):
    dh1 = params['D2'].T.dot(dout)
    da1 = dh1 * dlrelu(d['a1'])  #~slope  #! da1 = dh1 * dlrelu(d['out'])  #= da1 = np.where(d['a1'] < 0, lrelu_slope, 1.0) * dh1
    return params['D1'].T.dot(da1)  #! return params['D1'].dot(da1)

def generator_grads(g, dx):
    grads = {}
    da2 = dx * (1 - g['x'] ** 2)  #! da2 = dx * (1 - g['a2'] ** 2) #| da2 = dx * g['x'] * (1 - g['x'])  #= da2 = dx - dx * g['x'] ** 2
    grads['G2'] = da2.dot(g['h1'].T)  #! grads['G2'] = g['h1'].dot(da2.T)  #&a grads['G2'] = da2.dot(g['a1'].T)
    grads['g2'] = da2.sum(axis=1, keepdims=True)  #! grads['g2'] = da2.mean(axis=1, keepdims=True) #| grads['g2'] = da2
    dh1 = params['G2'].T.dot(da2)
    da1 = dh1 * dlrelu(g['a1'])  #~slope
    grads['G1'] = da1.dot(g['z'].T)
    grads['g1'] = da1.sum(axis=1, keepdims=True)
    return grads

def run(weights, z, spread):
    params.update(weights)
    g = generator(z)
    d = discriminator(g['x'])
    batch = z.shape[1]
    # non-saturating loss  -log sigmoid(D(G(z)))  plus a push away from mode collapse
    loss = np.logaddexp(0, -d['out']).sum() / batch
    center = g['x'].mean(axis=1, keepdims=True)
    dev = g['x'] - center
    loss -= spread * (dev ** 2).sum() / batch

    dout = -1 / (1 + np.exp(d['out'])) / batch  #! dout = 1 / (1 + np.exp(-d['out'])) / batch #| dout = 1 / (1 + np.exp(d['out'])) / batch #| dout = -1 / (1 + np.exp(d['out']))  #= dout = (1 / (1 + np.exp(-d['out'])) - 1) / batch
    dx = discriminator_input_grad(d, dout)
    dx -= 2 * spread * dev / batch  #! dx += 2 * spread * dev / batch #| dx -= spread * dev / batch #| dx -= 2 * spread * g['x'] / batch #| pass  #&a dx -= 2 * spread * dev
    grads = generator_grads(g, dx)
    return loss, grads


def example():
    np.random.seed(47)
    n = np.random.randn
    w = {'G1': n(4, 3), 'g1': n(4, 1), 'G2': n(4, 4), 'g2': n(4, 1) * 0.5,
         'D1': n(4, 4), 'd1': n(4, 1), 'D2': n(4, 4)[:1], 'd2': n(1, 1)}
    return w, n(3, 6), 0.3
