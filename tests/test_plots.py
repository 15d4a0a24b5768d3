"""`nn.plots`: the figures show the numbers of the training, and touch no state of pyplot."""

import io
import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn

matplotlib = pytest.importorskip("matplotlib")

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 2))
Y = (X[:, 0] > 0).astype(int)


def cross_entropy(logits, labels):
    return np.mean(ag.cross_entropy(logits, labels))


def network(outputs=2):
    return nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, outputs, rng=1))


def trained(epochs=4, callbacks=(), **options):
    model = network()
    optimizer = nn.Adam(model.parameters(), 0.05)
    options = {"rng": 0, "progress": False, "callbacks": callbacks} | options
    return model, nn.fit(model, (X, Y), cross_entropy, optimizer, epochs, **options)


def picture(figure):
    """The pixels of a figure, which are not all alike."""
    file = io.BytesIO()
    figure.savefig(file, dpi=40)
    pixels = matplotlib.image.imread(io.BytesIO(file.getvalue()))
    assert pixels.std() > 0
    return pixels


def test_curves_show_the_columns_of_the_history():
    _, history = trained(metrics={"accuracy": nn.accuracy}, validation=(X[:20], Y[:20]))
    figure = history.plot()
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy"]
    for ax, name in zip(figure.axes, ("loss", "accuracy")):
        columns = history[name], history[f"validation_{name}"]
        for line, column in zip(ax.lines, columns, strict=True):
            np.testing.assert_allclose(line.get_xydata(), np.transpose([[1, 2, 3, 4], column]))
        assert [text.get_text() for text in ax.get_legend().texts] == ["training", "validation"]
    picture(figure)


def test_a_loss_of_several_magnitudes_has_a_logarithmic_axis():
    def curves(*losses):
        history = nn.History([{"epoch": i + 1, "loss": v} for i, v in enumerate(losses)])
        return history.plot().axes[0].get_yscale()

    assert curves(1.0, 0.01) == "log"
    assert curves(1.0, 0.1) == "linear"
    assert curves(1.0, -0.01) == "linear"
    assert curves(1.0) == "linear"
    with pytest.raises(ValueError, match="no epoch was completed"):
        nn.History().plot()


def test_a_boundary_is_where_the_model_changes_its_answer():
    model = network()
    model[0].weight.data = np.array([[5.0], [0.0]]) * np.eye(1, 8)
    model[2].weight.data = np.array([[-1.0, 1.0]]) * np.eye(8, 1)
    figure = nn.plots.decision_boundary(model, X, Y, side=60)
    pixels = picture(figure)
    left, right = pixels[60, 60, :3], pixels[60, 130, :3]
    assert np.abs(left - right).max() > 0.2
    labels = [text.get_text() for text in figure.axes[0].get_legend().texts]
    assert labels == ["class 0", "class 1"]
    assert [len(c.get_offsets()) for c in figure.axes[0].collections if hasattr(c, "get_sizes")
            and len(c.get_offsets()) > 1] == [int((Y == 0).sum()), int((Y == 1).sum())]  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "target"),
    [(1, Y), (1, Y[:, None]), (2, np.eye(2)[Y]), (4, np.arange(80) % 4), (2, Y)],
)
def test_classes_are_read_in_the_forms_that_people_write(outputs, target):
    picture(nn.plots.decision_boundary(network(outputs), X, target, side=20))


def test_a_boundary_is_of_a_plane():
    with pytest.raises(ValueError, match=r"shape \(80, 3\), and \(n, 2\) is a plane"):
        nn.plots.decision_boundary(network(), np.ones((80, 3)), Y)


def test_distributions_show_weights_and_gradients_over_the_epochs():
    noted = nn.plots.Distributions(every=2)
    kept = []

    def keep(run):
        kept.append((run.model[0].weight.numpy(), run.model[0].weight.grad))

    trained(5, [keep, noted])
    assert list(noted.notes) == ["layers.0.weight", "layers.0.bias", "layers.2.weight",
                                 "layers.2.bias"]  # fmt: skip
    notes = noted.notes["layers.0.weight"]
    assert [epoch for epoch, *_ in notes] == [1, 3, 5]
    for epoch, *histograms in notes:
        for array, (edges, below) in zip(kept[epoch - 1], histograms, strict=True):
            counts, expected = np.histogram(array, noted.BINS)
            np.testing.assert_array_equal(np.diff(below), counts)
            np.testing.assert_allclose(edges, expected)
    figure = noted.plot(["layers.0.weight", "layers.2.weight"])
    assert [ax.get_title() for ax in figure.axes] == ["layers.0.weight", "layers.2.weight", "", ""]
    picture(figure)
    picture(noted.plot())
    with pytest.raises(ValueError, match=r"no notes of layers.9: it has those of layers.0.weight"):
        noted.plot(["layers.9"])
    with pytest.raises(ValueError, match="nothing, no epoch was completed"):
        nn.plots.Distributions().plot()


def test_a_column_of_a_distribution_is_the_histogram_of_its_epoch():
    noted = nn.plots.Distributions()
    rng = np.random.default_rng(0)
    arrays = [rng.normal(0, 1, 2000), rng.normal(3, 0.1, 2000), np.full(7, 2.0), np.array([])]
    arrays[0][:10] = [*[np.nan] * 5, *[np.inf] * 5]
    noted.notes = {"w": [(t, noted._histogram(a), None) for t, a in enumerate(arrays)]}
    figure = noted.plot()
    [mesh] = figure.axes[0].collections
    shares = np.asarray(mesh.get_array()).reshape(noted.CELLS, -1) ** 2
    edges = np.ma.getdata(mesh.get_coordinates())[:, 0, 1]
    assert shares.shape[1] == 3  # an epoch without a finite entry has no column
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    middles = (edges[1:] + edges[:-1]) / 2
    finite = [a[np.isfinite(a)] for a in arrays[:3]]
    np.testing.assert_allclose(middles @ shares, [a.mean() for a in finite], atol=0.03)
    spread = np.sqrt((middles**2) @ shares - (middles @ shares) ** 2)
    np.testing.assert_allclose(spread, [a.std() for a in finite], atol=0.03)
    assert np.count_nonzero(shares[:, 2]) == 1  # equal entries are one cell
    assert not figure.axes[1].collections
    picture(figure)


def test_no_window_and_no_state_of_pyplot():
    before = sys.modules.get("matplotlib.pyplot")
    figures = before.get_fignums() if before else []
    trained()[1].plot()
    after = sys.modules.get("matplotlib.pyplot")
    assert after is before
    assert (after.get_fignums() if after else []) == figures


def test_without_matplotlib_the_line_to_install_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r"curves needs matplotlib.*pip install matplotl"):
        trained(1)[1].plot()
