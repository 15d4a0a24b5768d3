"""Soft-margin SVM, primal problem, labels -1 and +1."""
import numpy as np


class SVM:
    def __init__(self, C=0.7, learning_rate=1e-2):
        self.C = C
        self.lr = learning_rate

    def hinge(self, X, y):
        return np.maximum(0.0, 1.0 - y * (X @ self.w + self.b))

    def cost(self, X, y):
        return 0.5 * self.w @ self.w + self.C * self.hinge(X, y).sum()

    def gradient(self, X, y):
        dw = self.w.copy()  #! dw = 2 * self.w #| dw = np.zeros_like(self.w)  #= dw = +self.w
        db = 0.0
        for xi, yi in zip(X, y):
            if yi * (xi @ self.w + self.b) < 1:  #! if yi * (xi @ self.w + self.b) < 0: #| if yi * (xi @ self.w + self.b) >= 1: #| if xi @ self.w + self.b < 1:
                dw -= self.C * yi * xi  #! dw += self.C * yi * xi #| dw -= self.C * xi #| dw -= yi * xi  #= dw = dw + self.C * -yi * xi  #&a dw -= self.C * yi * xi / len(y)
                db -= self.C * yi  #! db = -self.C * yi #| db -= self.C #| db += self.C * yi  #&a db -= yi
        return dw, db

    def fit_step(self, X, y):
        dw, db = self.gradient(X, y)
        self.w = self.w - self.lr * dw
        self.b = self.b - self.lr * db
        return dw, db


def run(X, y, w, b):
    svm = SVM()
    svm.w, svm.b = w, b
    cost = svm.cost(X, y)
    dw, db = svm.fit_step(X, y)
    return cost, {"w": dw, "b": db}


def example():
    rng = np.random.default_rng(108)
    return rng.normal(size=(11, 3)), np.array([1, -1, 1, 1, -1, -1, 1, -1, 1, 1, -1]), rng.normal(size=3), -0.25
