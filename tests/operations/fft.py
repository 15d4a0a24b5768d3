"""Fourier transforms: of real and of complex arrays, cut and filled up, of odd and even length."""

import numpy as np

from .table import at, complex_, real, row


def along_one_axis(kind):
    return [
        at(kind(4)),
        at(kind(5)),
        at(kind(2, 3), n=3, axis=0),
        at(kind(2, 5), n=3, norm="forward"),
        at(kind(5, 2), n=4, axis=-2, norm="ortho"),
        at(kind(2, 4), n=7),
        at(kind(2, 3), n=2),
        at(kind(3), n=1),
        at(kind(0, 3)),
    ]


def along_axes(f, kind):
    cases = [
        at(kind(2, 3)),
        at(kind(3, 4)),
        at(kind(3, 2), s=(4, 3), axes=(0, 1)),
        at(kind(2, 1, 4), s=(2, 3), axes=(-1, 0), norm="ortho"),
        at(kind(2, 3), axes=(1, 0), norm="forward"),
    ]
    if f.__name__.endswith("n"):
        cases += [at(kind(4)), at(kind(2, 2, 3)), at(kind(3, 4), axes=(0,))]
    return cases


def shifts(kind):
    return [
        at(kind(4)),
        at(kind(5)),
        at(kind(2, 3)),
        at(kind(3, 4), axes=1),
        at(kind(2, 3, 1), axes=(0, -2)),
    ]


BOTH = (real, complex_)

ROWS = [
    *(
        row(f, *(case for kind in BOTH for case in along_one_axis(kind)))
        for f in (np.fft.fft, np.fft.ifft, np.fft.irfft, np.fft.hfft)
    ),
    *(row(f, *along_one_axis(real)) for f in (np.fft.rfft, np.fft.ihfft)),
    *(
        row(f, *(case for kind in BOTH for case in along_axes(f, kind)))
        for f in (
            np.fft.fft2,
            np.fft.fftn,
            np.fft.ifft2,
            np.fft.ifftn,
            np.fft.irfft2,
            np.fft.irfftn,
        )
    ),
    *(row(f, *along_axes(f, real)) for f in (np.fft.rfft2, np.fft.rfftn)),
    *(
        row(f, *(case for kind in BOTH for case in shifts(kind)))
        for f in (np.fft.fftshift, np.fft.ifftshift)
    ),
]
