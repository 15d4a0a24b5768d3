"""The page of `ag.play` in a real Chromium: stepped, changed, asked, trained, and looked at.

``make page`` installs what this needs: playwright, axe-playwright-python, and Chromium.
"""

import json
import re
import shutil
from types import SimpleNamespace

import article
import numpy as np
import pytest
from xor_observation import Observation

import autograd_lite as ag
import nn
from autograd_lite.graph import Names
from autograd_lite.playing.from_tape import Reading

browsers = pytest.importorskip("playwright.sync_api", reason="make page installs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make page installs axe")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

HOSTILE = [
    '"quoted" \'names\'', "</script><script>window.injected=1</script>", "{{data}} ${x} `y`",
    "<img src=x onerror=window.injected=1>", "line\nbreak", "\u202eright to left", "שלום",
    "W" * 10_000, "<!--", "a/b", "__proto__",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    with browsers.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except browsers.Error as missing:
            pytest.skip(f"no Chromium on this machine, make page installs one: {missing}")
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """A function that opens a page; nothing on it may fail or be loaded from elsewhere."""
    contexts, complaints, requests = [], [], []

    def open_page(page, address="", **options):
        path = page.save(tmp_path / "page.html")
        options = {"viewport": {"width": 1360, "height": 860}, **options}
        context = chromium.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "request", lambda r: r.url.startswith(("file:", "data:")) or complaints.append(r.url)
        )
        tab.goto(f"{path.as_uri()}{address}")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert all(url.startswith(("file:", "data:")) for url in requests)


@pytest.fixture(scope="module")
def article_page():
    loss = Observation.of_the_article().forward()
    return ag.play(loss, precision=8, learning_rate=article.FIGURES["learning_rate"])


def network(hidden=3, bias=True):
    init = {"rng": article.weights_rng(), "init": nn.init.fan_in_uniform}
    return nn.Sequential(
        nn.Linear(2, hidden, bias, **init),
        nn.Sigmoid(),
        nn.Linear(hidden, 2, bias, **init),
        nn.Sigmoid(),
    )


def until(tab, condition):
    """Wait for a condition; the page's own policy forbids playwright's way, which is eval."""
    for _ in range(100):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(condition)


def numbers(text):
    return [float(x) for x in re.findall(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\b\d+\b", text)]


def card(tab):
    return tab.locator("#card").inner_text()


def shown(array, text, places=8):
    """Whether every number of an array is in a text, to so many places."""
    return all(f"{x:.{places}f}" in text for x in np.ravel(array))


def play_through(tab, step):
    """Every step by ``step``; what the card says at each."""
    texts = [card(tab)]
    for _ in range(19):
        step()
        texts.append(card(tab))
    assert tab.locator("#count").inner_text() == "19 / 19"
    return texts


def check_the_article_s_numbers(texts):
    figures = article.FIGURES
    forward = "\n".join(text for text in texts if text.startswith("Forward"))
    back = {text.split("\n")[1]: text for text in texts if text.startswith("Backward")}
    for name in ("z1", "h1", "z2", "h2"):
        assert shown(figures[name], forward), name
    errata = ("dh2/dz2", "dLoss/dz2")  # misprints of the article: its own product differs
    for name, text in {
        "dLoss/dW2": back["dLoss/dW2"], "dLoss/dW1": back["dLoss/dW1"],
        "dz2/dW2": back["dLoss/dW2"], "dz1/dW1": back["dLoss/dW1"],
        "dh1/dz1": back["dLoss/dz1"], "dz2/dh1": back["dLoss/dh1"], "dLoss/dh2": back["dLoss/dh2"],
    }.items():  # fmt: skip
        if name in figures and name not in errata:
            assert shown(figures[name], text), name
    update = texts[-1]
    assert update.startswith("Update")
    assert shown(figures["W1*"], update)
    assert shown(figures["W2*"], update)


# --- stepping -------------------------------------------------------------------------------------


def test_steps_by_mouse_to_the_article_s_numbers(opened, article_page):
    tab = opened(article_page)
    check_the_article_s_numbers(play_through(tab, lambda: tab.click("#step")))
    tab.click("#back")
    assert tab.locator("#count").inner_text() == "18 / 19"
    tab.click("g.box[aria-label*=' z1']")  # a box: its gradient
    assert "dLoss/dz1" in card(tab)
    tab.click("g.box[aria-label*=' z1']")  # once more: its value
    assert card(tab).startswith("Forward 1 of 8")
    tab.click("#tab-values")
    tab.get_by_role("button", name="W2", exact=True).click()
    assert "dLoss/dW2" in card(tab)


def test_steps_by_keyboard_to_the_article_s_numbers(opened, article_page):
    tab = opened(article_page)
    check_the_article_s_numbers(play_through(tab, lambda: tab.keyboard.press("ArrowRight")))
    tab.keyboard.press("ArrowLeft")
    assert tab.locator("#count").inner_text() == "18 / 19"
    tab.keyboard.press("Home")
    assert card(tab).startswith("Start")
    tab.keyboard.press("End")
    assert card(tab).startswith("Update")
    tab.locator("g.box[aria-label*=' h1']").focus()
    tab.keyboard.press("Enter")
    assert "dLoss/dh1" in card(tab)
    scale = "document.querySelector('#graph > g').getAttribute('transform')"
    before = tab.evaluate(scale)
    tab.keyboard.press("+")
    assert tab.evaluate(scale) != before
    tab.locator("#tab-values").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#panel-change").is_visible()


def test_steps_by_touch_to_the_article_s_numbers(opened, article_page):
    phone = {"width": 390, "height": 844}
    tab = opened(article_page, viewport=phone, has_touch=True, is_mobile=True)
    check_the_article_s_numbers(play_through(tab, lambda: tab.tap("#step")))
    fingers = tab.context.new_cdp_session(tab)

    def touch(kind, *points):
        places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    place = tab.locator("#card").bounding_box()
    x, y = place["x"] + 60, place["y"] + 20
    touch("touchStart", (x, y))
    touch("touchMove", (x + 150, y))
    touch("touchEnd")
    assert tab.locator("#count").inner_text() == "18 / 19"  # a swipe to the right: a step back
    scale = (
        "+document.querySelector('#graph > g').getAttribute('transform').match(/scale.(.*).$/)[1]"
    )
    before = tab.evaluate(scale)
    touch("touchStart", (150, 200), (200, 200))
    touch("touchMove", (110, 200), (240, 200))
    touch("touchEnd")
    assert tab.evaluate(scale) > 1.5 * before
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_sum_grows_as_contributions_arrive(opened):
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = np.sum(np.tanh(x) * x)
    tab = opened(ag.play(loss))
    texts = []
    while (text := card(tab)) not in texts:
        texts.append(text)
        tab.keyboard.press("ArrowRight")
    first, last = (text for text in texts if "is the sum of 2 contributions" in text)
    assert "still to come" in first
    assert "so far =" in first
    assert "still to come" not in last
    assert shown(ag.gradients(loss, [x])[0], last, 4)
    assert not shown(ag.gradients(loss, [x])[0], first, 4)


def test_plays_in_the_frame_of_a_notebook(opened, article_page):
    def save(path):
        path.write_text(f"<!DOCTYPE html><title>notebook</title>{article_page._repr_html_()}")
        return path

    tab = opened(SimpleNamespace(save=save))
    frame = tab.frame_locator("iframe")
    frame.locator("#step").click()
    assert frame.locator("#count").inner_text() == "1 / 19"
    assert "z1" in frame.locator("#card").inner_text()


def test_plays_by_itself_and_pauses(opened, article_page):
    tab = opened(article_page)
    tab.select_option("#speed", "4")
    tab.keyboard.press("Space")
    until(tab, "player.place >= 2")
    tab.click("#play")
    place = tab.evaluate("player.place")
    tab.wait_for_timeout(500)
    assert tab.evaluate("player.place") == place < 19


def test_an_address_leads_back_to_what_was_shown(opened, article_page):
    tab = opened(article_page, "#step=14&tab=change&theme=dark&quiz=0&set=1.0:0.5")
    assert "dLoss/dz2" in card(tab)
    assert tab.locator("#panel-change").is_visible()
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    assert tab.evaluate("player.tape.inputs[1].data[0]") == 0.5
    tab.click("#back")
    until(tab, "location.hash.includes('step=13')")
    assert "set=1.0:0.5" in tab.evaluate("location.hash")
    hostile = "#step=1e99&tab=%3Cb%3E&set=9.9:1,1.0:NaN,1.99:1,__proto__.0:1"
    assert opened(article_page, hostile).locator("#count").inner_text() == "19 / 19"


# --- computing ------------------------------------------------------------------------------------


def results(tab):
    return tab.evaluate("player.tape.results.map((x) => x && [x.shape, Array.from(x.data)])")


def boxes(tab):
    return {box["label"]: box for box in json.loads(tab.locator("#data").inner_text())["boxes"]}


def check_numbers(tab, tensors):
    """Every value and gradient on the page is the engine's."""
    found, known = results(tab), boxes(tab)
    *_, loss = tensors.values()
    variables = [t for t in tensors.values() if t.requires_grad]
    gradients = dict(zip(map(id, variables), ag.gradients(loss, variables), strict=True))
    for name, tensor in tensors.items():
        for place, truth in (
            (known[name]["value"], tensor.numpy()),
            (known[name]["gradient"], gradients.get(id(tensor))),
        ):
            if place is not None and truth is not None:
                shape, data = found[place]
                assert shape == list(truth.shape)
                scale = np.abs(truth).max(initial=0.0)
                np.testing.assert_allclose(data, truth.ravel(), rtol=1e-12, atol=1e-12 * scale)


def forward(seen):
    loss = seen.forward()
    return {"X": seen.X, "Y": seen.y, "W1": seen.W1, "W2": seen.W2, **seen.values, "Loss": loss}


def test_an_input_changed_and_all_numbers_are_numpy_s(opened, article_page):
    tab = opened(article_page, "#tab=change")
    seen = Observation.of_the_article()
    check_numbers(tab, forward(seen))
    tab.select_option("#edit-box", label="X")
    tab.fill("[data-cell='1']", "-2.5")
    tab.keyboard.press("Enter")
    seen.X = ag.Tensor(np.array([[seen.X.data[0, 0], -2.5]]), name="X")
    check_numbers(tab, forward(seen))
    tab.select_option("#edit-box", label="W2")
    tab.locator("#slider").fill("1.2")
    moved = tab.evaluate("player.tape.inputs[2].data[0]")
    assert moved == pytest.approx(1.2, abs=0.05)
    W2 = seen.W2.data.copy()
    W2[0, 0] = moved
    seen.W2 = ag.Tensor(W2, requires_grad=True, name="W2")
    check_numbers(tab, forward(seen))
    tab.keyboard.press("Tab")
    tab.click("#reset")
    check_numbers(tab, forward(Observation.of_the_article()))


def test_changed_numbers_are_those_of_the_formulas(opened, article_page):
    tab = opened(article_page, "#step=1&set=0.0:2,0.1:-1")
    text = card(tab)
    W1 = Observation.of_the_article().W1.data
    assert shown(np.array([[2.0, -1.0]]) @ W1, text)
    assert "X @ W1" in text


def test_what_left_the_tape_is_said_to_stay(opened):
    w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
    y = np.array([0.0, 1.0])
    tab = opened(ag.play(np.sum(y * w + (1 - y) * np.where(w > 1, w, w**2))), "#tab=change")
    assert "stays as it was recorded" in tab.locator("#notice").inner_text()
    tab.select_option("#edit-box", label="y")
    assert "is not on the tape" in tab.locator("#untracked").inner_text()


def test_what_the_page_cannot_compute_is_replayed(opened):
    kernel = ag.Tensor(np.ones((1, 1, 2, 2)), requires_grad=True, name="kernel")
    image = np.arange(16.0).reshape(1, 1, 4, 4)
    loss = np.sum(ag.conv(image, kernel) ** 2)
    page = ag.play(loss)
    assert not page.computes
    tab = opened(page, "#step=99&tab=change")
    assert "conv" in tab.locator("#notice").inner_text()
    assert "Nothing can be changed" in tab.locator("#panel-change").inner_text()
    found, place = results(tab), boxes(tab)["kernel"]["gradient"]
    np.testing.assert_array_equal(found[place][1], ag.gradients(loss, [kernel])[0].ravel())
    tab.keyboard.press("End")
    assert "Update" in card(tab)


X = np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))


def of_functions(x):
    names = "exp expm1 log log1p log2 log10 sqrt cbrt square reciprocal sin cos tan sinh cosh tanh "
    names += "arcsin arccos arctan abs"
    ours = (
        "sigmoid log_sigmoid softplus softsign relu leaky_relu elu selu silu gelu mish hard_swish "
    )
    ours += "hard_swish hard_tanh erf erfc"
    made = [getattr(np, name)(x) for name in names.split()]
    made += [getattr(ag, name)(4 * x - 2) for name in ours.split()]
    made += [ag.gelu(4 * x - 2, approximate=True), ag.gelu(20 * x - 10), ag.erfc(8 * x)]
    return sum(np.sum(one * X) for one in made)


def of_two(x):
    y = x[::-1] + 0.05
    made = [x + y, x - y, x * y, x / y, x**y, np.maximum(x, y), np.minimum(x, y)]
    made += [np.logaddexp(x, y), np.arctan2(x, y), np.hypot(x, y), x * y[0], x + y[:, :1]]
    return sum(np.sum(one * X) for one in made)


def of_axes(x):
    reduced = [f(x, axis=1) for f in (np.sum, np.mean, np.max, np.min, np.var, np.std)]
    reduced += [ag.logsumexp(x, axis=1), np.linalg.norm(x, axis=1), np.std(x, axis=1, ddof=1)]
    whole = [ag.softmax(x), ag.log_softmax(x, axis=0), x - np.mean(x, axis=0, keepdims=True)]
    losses = ag.cross_entropy(x, np.array([0, 2, 1, 1])), ag.cross_entropy(x, X)
    return sum(np.sum(one**2) for one in (*reduced, *whole, *losses))


def of_places(x):
    y = x * 1
    y[1] = x[0] * x[2]
    made = [x[1:, ::2], x[[0, 0, 3]], x.T, np.reshape(x, (3, 4)), np.roll(x, 1, axis=0), y]
    made += [np.concatenate([x, y]), np.stack([x, y], axis=1), np.tile(x, (2, 1)), np.flip(x)]
    made += [np.clip(x, 0.3, 0.6), np.where(X > 0.5, x, -x), np.expand_dims(x, 1) * x]
    return sum(np.sum(one**3) for one in made)


def of_products(x):
    stack = np.stack([x, x * x])
    made = [x @ x.T, X @ x[0], x[0] @ x[1], stack @ x.T, np.outer(x[0], x[1])]
    made += [np.einsum("ij,kj->ik", x, X), np.einsum("ij,ij->j", x, x), np.dot(x, X.T)]
    return sum(np.sum(one**2) for one in made)


@pytest.mark.parametrize("f", [of_functions, of_two, of_axes, of_places, of_products])
def test_numbers_of_operations_are_the_engine_s(opened, f):
    """Every value, gradient, contribution and local derivative of a tape of many operations."""
    x = ag.Tensor(X + 0.01, requires_grad=True, name="x")
    loss = f(x)
    page = ag.play(loss, max_nodes=400)
    assert page.computes, page.why
    found = results(opened(page))
    expected = Reading(loss, Names(loss, {"X": X, "loss": loss})).results
    assert len(found) == len(expected)
    for (shape, data), expression in zip(found, expected, strict=True):
        truth = np.asarray(expression.value, float)
        assert tuple(shape) == truth.shape
        scale = max(1.0, np.abs(truth).max(initial=0.0))
        np.testing.assert_allclose(data, truth.ravel(), rtol=1e-12, atol=1e-12 * scale)


# --- questions ------------------------------------------------------------------------------------


def test_wrong_answers_are_told_by_their_mistakes(opened, article_page):
    tab = opened(article_page, "#step=14&quiz=1")
    assert "What is dLoss/dz2?" in card(tab)
    truth = [[-0.14673508, 0.11258065]]
    assert not shown(truth, tab.locator("body").inner_text())
    h2, g = 0.37166596, -0.62833404
    for typed, words in (
        (g, "derivative of sigmoid is left out"),
        (g * h2, "igmoid'(z2) is taken as h2"),
        (g * h2 * (1 - h2) * h2 * (1 - h2), "multiplied in twice"),
        (-g * h2 * (1 - h2), "sign is wrong"),
        (2 * g * h2 * (1 - h2), "2 times what it must be"),
        (0.77, "none of the mistakes known here"),
    ):
        tab.fill("#answer", f"{typed:.6f}")
        tab.click("#check-number")
        assert words in tab.locator("#verdict").inner_text()
    tab.fill("#answer", "-0.1467")
    tab.keyboard.press("Enter")
    assert "Right." in card(tab)
    assert shown(truth, card(tab))


def test_a_whole_matrix_is_answered_and_held_together(opened):
    W = ag.Tensor([[1.0, -1.0], [0.5, 2.0]], requires_grad=True, name="W")
    x = np.array([[1.0, 2.0], [0.5, -1.0]])
    page = ag.play(np.sum((x @ W) ** 2) / 2, names={"x": x})
    [share] = ag.gradients(np.sum((x @ W) ** 2) / 2, [W])
    tab = opened(page, "#quiz=1")
    while "What is dLoss/dW?" not in card(tab):
        tab.keyboard.press("ArrowRight")
    fields = tab.locator(".cells input")
    assert fields.count() == 4

    def answered(array):
        for i, value in enumerate(np.ravel(array)):
            fields.nth(i).fill("" if np.isnan(value) else f"{value:.6f}")
        tab.click("#check-number")
        return tab.locator("#verdict").inner_text()

    wrong = share + np.diag([0, 7])
    assert "1 of these 4 numbers is wrong." in answered(wrong)
    marks = [fields.nth(i).get_attribute("aria-invalid") for i in range(4)]
    assert marks == [None, None, None, "true"]
    assert "in the transpose" in answered(share.T)
    assert "sign is wrong" in answered(-share)
    assert "Right." in answered(np.where(np.eye(2) > 0, share, np.nan))


def test_formulas_are_chosen_right_and_wrong(opened, article_page):
    tab = opened(article_page, "#step=16&quiz=1")
    assert "What is dLoss/dW2?" in card(tab)
    choices = tab.locator(".choice")
    texts = choices.all_inner_texts()
    assert len(texts) >= 4
    wrong = next(i for i, text in enumerate(texts) if text.strip() != "h1.T @ dLoss/dz2")
    choices.nth(wrong).click()
    tab.click("#check-formula")
    verdict = tab.locator("#verdict").inner_text()
    assert "Not yet." in verdict
    assert len(verdict) > 40
    tab.locator("[data-right]").check()
    tab.click("#check-formula")
    assert "Right." in card(tab)


def test_a_question_keeps_the_answer_until_it_is_asked_for(opened, article_page):
    tab = opened(article_page)
    tab.keyboard.press("q")
    assert card(tab).startswith("Backward 1 of 9")
    tab.click("#play")
    tab.wait_for_timeout(300)
    assert tab.evaluate("player.timer") is None  # it waits for the answer
    tab.click("#reveal")
    assert "Chain rule" in card(tab)


# --- training -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def xor_page():
    X, y = article.data()
    model = network(8)
    return ag.play(nn.squared_error(model(X), y), learning_rate=10)


def accuracy(tab):
    return numbers(tab.locator("#facts").inner_text())[-1]


def test_xor_is_learned_with_biases(opened, xor_page):
    tab = opened(xor_page, "#tab=train")
    before = tab.evaluate("document.querySelector('#boundary').toDataURL()")
    for _ in range(18):
        tab.click("#train-100")
    assert accuracy(tab) >= 0.99
    assert "Step 1800" in tab.locator("#facts").inner_text()
    assert tab.evaluate("document.querySelector('#boundary').toDataURL()") != before
    assert "accuracy" in tab.get_attribute("#boundary", "aria-label")
    tab.click("#restart")
    assert "Step 0" in tab.locator("#facts").inner_text()


def test_xor_is_not_learned_without_biases(opened):
    X, y = article.data()
    tab = opened(
        ag.play(nn.squared_error(network(3, bias=False)(X), y), learning_rate=3), "#tab=train"
    )
    for _ in range(10):
        tab.click("#train-100")
    assert accuracy(tab) < 0.9


def test_training_is_that_of_the_engine(opened, xor_page):
    tab = opened(xor_page, "#tab=train")
    X, y = article.data()
    model = network(8)
    optimizer = nn.SGD(model.parameters(), 2.5)
    for _ in range(5):
        loss = nn.squared_error(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    tab.fill("#rate", "2.5")
    tab.keyboard.press("Tab")
    for _ in range(5):
        tab.click("#train-1")
    inputs = json.loads(tab.locator("#data").inner_text())["training"]["variables"]
    found = [tab.evaluate(f"Array.from(player.tape.inputs[{i}].data)") for i, _ in inputs]
    named = dict(model.named_parameters())
    labels = [box for box in boxes(tab).values() if box["kind"] == "variable"]
    for box, data in zip(labels, found, strict=True):
        truth = named[box["label"]].numpy().ravel()
        np.testing.assert_allclose(data, truth, rtol=1e-11, atol=1e-13)


def test_training_runs_while_the_page_answers(opened, xor_page):
    tab = opened(xor_page, "#tab=train")
    tab.click("#run")
    until(tab, "player.training.steps > 50")
    tab.click("#run")
    steps = tab.evaluate("player.training.steps")
    tab.wait_for_timeout(200)
    assert tab.evaluate("player.training.steps") == steps


# --- for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_axe_finds_nothing(opened, article_page, xor_page, scheme, width):
    for page, address in (
        (article_page, "#step=14&quiz=1"),
        (article_page, "#step=16&tab=change"),
        (xor_page, "#step=9&tab=train"),
    ):
        viewport = {"width": width, "height": 860}
        tab = opened(page, address, color_scheme=scheme, viewport=viewport)
        found = axe.Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()


def test_hostile_names_are_shown_as_themselves(opened):
    tensors = [ag.Tensor([1.0 + i], requires_grad=True, name=n) for i, n in enumerate(HOSTILE)]
    loss = np.sum(sum(tensors[1:], tensors[0]) ** 2)
    loss.name = "</title><b>loss"
    tab = opened(ag.play(loss))
    texts = tab.locator("g.box > title").all_text_contents()
    for tensor in tensors:
        shown_as = "".join(c if c.isprintable() else repr(c)[1:-1] for c in tensor.name)
        assert shown_as in texts
    assert tab.evaluate("window.injected") is None
    assert tab.locator("script").count() == 2
    assert tab.title() == "Backpropagation of </title><b>loss"
    for _ in range(26):
        tab.keyboard.press("ArrowRight")
    width = tab.evaluate("document.documentElement.scrollWidth")
    assert width <= 1360
