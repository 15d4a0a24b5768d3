"""Einstein sums in all their forms."""

import numpy as np

from autograd_lite.rules import einsum as rules

from .table import at, complex_, real, row


def with_itself(x):
    return np.einsum("ij,jk", x, x)


# fmt: off
ROWS = [
    row(np.einsum,
        # one array
        at("ij->ji",         real(2, 3)),
        at("ij->i",          real(2, 3)),
        at("ij->",           real(2, 3)),
        at("ij",             real(2, 3)),
        at("ba",             real(2, 3)),
        at("ii",             real(3, 3)),
        at("ii->i",          real(3, 3)),
        at("iii->i",         real(2, 2, 2)),
        at("iij->ji",        real(2, 2, 3)),
        at("ijij->j",        real(2, 3, 2, 3)),
        at("...ii->...i",    real(2, 3, 3)),
        at("i...->...",      real(2, 3, 2)),
        at("...",            real(2, 3)),
        at("->",             real()),
        at("ij->j",          real(0, 2)),
        at(" i j -> j i ",   real(2, 1)),
        # two
        at("ij,jk->ik",      real(2, 3), real(3, 2)),
        at("ij,jk",          real(2, 3), real(3, 2)),
        at("ba,bc",          real(2, 3), real(2, 2)),
        at("Ba,aB",          real(2, 3), real(3, 2)),
        at("i,j->ji",        real(2), real(3)),
        at("ij,ij->",        real(2, 3), real(2, 3)),
        at("bij,bjk->bik",   real(2, 2, 3), real(2, 3, 1)),
        at("ii,i->i",        real(2, 2), real(2)),
        at("ii,jj->ij",      real(2, 2), real(3, 3)),
        at("ij,k->k",        real(2, 3), real(2)),
        at("ij,i->",         real(2, 3), real(2)),
        at(",i->i",          real(), real(3)),
        at(",",              real(), real()),
        at("...j,jk->...k",  real(2, 2, 3), real(3, 2)),
        at("...i,...i->...", real(2, 1, 3), real(2, 3)),
        at("i...,i...",      real(2, 3), real(2, 1)),
        at("...i,i",         real(2, 3), real(3)),
        at("...,...",        real(2, 3), real()),
        at("...i,...j",      real(2, 2), real(3)),
        at("ij,ij->ij",      real(2, 1), real(2, 3)),
        at("ij,jk->ik",      real(2, 1), real(3, 2)),
        at("i,i->",          real(3), real(1)),
        at("ij,ij->j",       real(1, 3), real(2, 1)),
        at("ij,jk->ik",      real(2, 0), real(0, 2)),
        at("ij,jk->ik",      real(2, 3), real(3, 2), optimize=True),
        at("ij,jk->ik",      real(2, 3), real(3, 2), optimize="greedy"),
        at("ij->i",          real(2, 3), optimize="greedy"),
        at("ij,jk->ik",      real(2, 3), np.ones((3, 2))),
        at("ij,jk->ik",      complex_(2, 2), real(2, 2)),
        at("ii,ij->j",       complex_(2, 2), complex_(2, 2)),
        # three and four
        at("ij,jk,kl->il",   real(2, 3), real(3, 2), real(2, 2)),
        at("i,j,k",          real(2), real(1), real(2)),
        at("ij,ij,j->i",     real(2, 3), real(2, 3), real(3)),
        at("i,i,i->",        real(3), real(3), real(3)),
        at("ii,ij,...->...j", real(2, 2), real(2, 3), real(2)),
        at("a,ab,b,b->",     real(2), real(2, 3), real(3), real(3)),
        at("ij,jk,kl->il",   real(2, 3), real(3, 2), real(2, 2), optimize=True),
        at("ij,jk,kl->il",   real(2, 3), real(3, 2), real(2, 2),
            optimize=["einsum_path", (1, 2), (0, 1)]),
        at("i,i,ij->j",      complex_(2), real(2), complex_(2, 2)),
        # lists in place of the text
        at(real(2, 3), [0, 1], real(3, 2), [1, 2], [0, 2]),
        at(real(2, 3), [1, 0]),
        at(real(3, 3), [0, 0], [0]),
        at(real(2, 3), [..., 30], real(3), [30], [...]),
        at(real(2, 3), [0, 1], real(3), [1], []),
        covers=(np.einsum, rules.einsum, rules.einsum1, rules.einsum2), rtol=1e-5),
    row(with_itself, at(real(3, 3)), covers=(), name="einsum of one array twice"),
]
# fmt: on
