# MobileNet-like block: depthwise 3x3 -> relu6-ish (softplus here, smooth) -> pointwise 1x1 -> global average -> linear
import numpy as np
from conv_layers import Depthwise, Pointwise, Softplus, GlobalAvgPool


def half_squared(scores, target):
    """Half squared error, averaged over the batch."""
    diff = scores - target
    return 0.5 * np.sum(diff ** 2) / len(diff), diff / len(diff)  #! return 0.5 * np.sum(diff ** 2) / len(diff), diff / diff.size


def run(images, target, kernels, kbias, mix, mbias, head):
    net = [Depthwise(kernels, kbias), Softplus(), Pointwise(mix, mbias), GlobalAvgPool()]
    out = images
    for layer in net:
        out = layer.forward(out)
    scores = out.dot(head)
    loss, dscores = half_squared(scores, target)

    dhead = out.T.dot(dscores)
    d = dscores.dot(head.T)
    for layer in net[::-1]:
        d = layer.backward(d)
    return loss, {'dkernels': net[0].dk, 'dkbias': net[0].db, 'dmix': net[2].dmix, 'dmbias': net[2].db, 'dhead': dhead, 'dimages': d}


def example():
    rng = np.random.default_rng(1704)
    return (rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(2, 2)), rng.normal(size=(3, 3, 3)), rng.normal(size=3),
            rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2)))
