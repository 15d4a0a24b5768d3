"""Layers and losses."""

import numpy

from .table import above_one, at, fraction, positive, real

LABELS = numpy.array([0, 2, 1])
SIGNS = numpy.array([1.0, -1.0, 1.0])
MARKS = numpy.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
ROWS = numpy.array([[1, 0], [3, 1]])

# fmt: off
SAMPLES = [
    # --- layers -----------------------------------------------------------------------------------
    at("conv_nd (2-D)",  lambda np, x, w: np.conv_nd(x, w, stride=2, padding=1, ),
        real(2, 2, 3, 5), real(3, 2, 3, 3)),
    at("conv_transpose", lambda np, x, w: np.conv_transpose(x, w, stride=2,     ),
        real(1, 2, 3, 2), real(2, 3, 2, 2)),
    at("max_pool",       lambda np, x: np.max_pool(x, (2, 2), 2),               real(1, 2, 4, 6)),
    at("avg_pool",       lambda np, x: np.avg_pool(x, (2, 2), 2),               real(1, 2, 4, 6)),
    at("batchnorm",      lambda np, x, c, b: np.batchnorm(x, gamma=c, beta=b, eps=1e-5, ),
        real(5, 3), real(3), real(3)),
    at("layernorm",      lambda np, x, c, b: np.layernorm(x, c, b), real(5, 3), real(3), real(3)),
    at("gru",            lambda np, *xs: np.gru(*xs,                            ),
        real(4, 2, 3), *3 * (real(3, 2), real(2, 2), real(2))),
    at("lstm",           lambda np, *xs: np.lstm(*xs,                           ),
        real(4, 2, 3), real(3, 8), real(2, 8), real(8)),
    at("embedding",      lambda np, w: np.embedding(ROWS, w),                   real(4, 3)),
    at("dropout",   lambda np, x: np.dropout(x, 0.4, 0),               real(5, 3),
        ours=lambda np, x: np.dropout(x, 0.4, numpy.random.default_rng(0))),
    at("scaled_dot_product_attention",
        lambda np, q, k, v: np.scaled_dot_product_attention(q, k, v),
        real(2, 3, 4), real(2, 5, 4), real(2, 5, 2)),

    # --- losses -----------------------------------------------------------------------------------
    at("softmax_crossentropy",    lambda np, x: np.softmax_crossentropy(x, LABELS), real(3, 4),
        ours=lambda np, x: np.mean(np.cross_entropy(x, LABELS))),
    at("negative_log_likelihood", lambda np, x: np.negative_log_likelihood(x, LABELS), real(3, 4)),
    at("multiclass_hinge",     lambda np, x: np.multiclass_hinge(x, LABELS),      real(3, 4)),
    at("margin_ranking_loss",  lambda np, x, y: np.margin_ranking_loss(x, y, SIGNS, 0.1, ),
        real(3), real(3)),
    at("focal_loss",           lambda np, p: np.focal_loss(p, LABELS, gamma=2.0), fraction(3, 4)),
    at("softmax_focal_loss", lambda np, x: np.softmax_focal_loss(x, LABELS, gamma=2.0), real(3, 4)),
    at("mse_loss",             lambda np, x, y: np.mse_loss(x, y), real(2, 3), real(2, 3)),
    at("binary_crossentropy_logits",
        lambda np, x: np.binary_crossentropy_logits(x, MARKS),             real(2, 3)),
    at("huber_loss",           lambda np, x, y: np.huber_loss(x, y), real(2, 3), real(2, 3)),
    at("kl_div",               lambda np, p, q: np.kl_div(p, q), positive(2, 3), positive(2, 3)),
    at("ctc_loss",             lambda np, x: np.ctc_loss(x, [1, 2, 1]),           above_one(6, 3)),
]
# fmt: on
