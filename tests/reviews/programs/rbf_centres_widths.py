from collections import namedtuple
import numpy as np

RBF = namedtuple('RBF', 'centres logWidths coeffs offset')


def sqDist(A, B):
    return ((A[:, None, :] - B[None, :, :]) ** 2).sum(-1)


def predict(net, X):
    beta = 0.5 * np.exp(-2 * net.logWidths)            # 1 / (2 sigma^2)
    D = sqDist(X, net.centres)
    Phi = np.exp(-beta * D)
    rowSum = Phi.sum(1, keepdims=True)
    Norm = Phi / rowSum                                # normalised activations
    return Norm.dot(net.coeffs) + net.offset, (beta, D, Phi, rowSum, Norm)


def lossAndGrad(net, X, Y, ridge):
    nPts = X.shape[0]
    F, (beta, D, Phi, rowSum, Norm) = predict(net, X)
    E = F - Y
    huberish = np.sqrt(1 + E ** 2)
    J = (huberish - 1).sum() / nPts + 0.5 * ridge * (net.coeffs ** 2).sum()

    gF = E / huberish / nPts  #= gF = E * (1 + E ** 2) ** -0.5 / nPts  #! gF = E / nPts #| gF = E * huberish / nPts
    gOffset = gF.sum(0)  #! gOffset = gF.mean(0)
    gCoeffs = Norm.T.dot(gF) + ridge * net.coeffs  #! gCoeffs = Phi.T.dot(gF) + ridge * net.coeffs #| gCoeffs = Norm.T.dot(gF)  #&a gCoeffs = Norm.T.dot(gF) + 2 * ridge * net.coeffs
    gNorm = gF.dot(net.coeffs.T)
    gPhi = (gNorm - (gNorm * Norm).sum(1, keepdims=True)) / rowSum  #= gPhi = gNorm / rowSum - ((gNorm * Phi).sum(1) / rowSum[:, 0] ** 2)[:, None]  #! gPhi = gNorm / rowSum #| gPhi = (gNorm - (gNorm * Norm).sum(0)) / rowSum #| gPhi = gNorm - (gNorm * Norm).sum(1, keepdims=True)
    gExpo = gPhi * Phi  #! gExpo = gPhi * Norm
    gBeta = -(gExpo * D).sum(0)  #! gBeta = (gExpo * D).sum(0)
    gLogWidths = -2 * beta * gBeta  #! gLogWidths = -beta * gBeta #| gLogWidths = -2 * gBeta
    gD = -beta * gExpo
    gCentres = 2 * (gD.sum(0)[:, None] * net.centres - gD.T.dot(X))  #= gCentres = -2 * np.einsum('nk,nkd->kd', gD, X[:, None, :] - net.centres)  #! gCentres = 2 * (gD.T.dot(X) - gD.sum(0)[:, None] * net.centres) #| gCentres = gD.sum(0)[:, None] * net.centres - gD.T.dot(X)  #&a gCentres = 2 * (gD.mean(0)[:, None] * net.centres - gD.T.dot(X))
    return J, RBF(gCentres, gLogWidths, gCoeffs, gOffset)


def run(net, X, Y):
    return lossAndGrad(net, X, Y, ridge=0.04)


def example():
    R = np.random.default_rng(88)
    net = RBF(centres=R.normal(size=(5, 3)), logWidths=R.normal(size=5) * 0.3 + 0.2, coeffs=R.normal(size=(5, 2)) * 2, offset=R.normal(size=2))
    return net, R.normal(size=(8, 3)), R.normal(size=(8, 2))
