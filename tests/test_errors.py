"""Bad input: errors name the operation, the tensor, the shapes and the way out; nothing changes."""

import math
import re
import traceback

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
import nn
from autograd_lite.messages import other_names
from nn.other_names import NN


@pytest.fixture
def x():
    return variable(np.ones((2, 3)), name="x")


SHAPES = [
    (lambda x: x + np.ones(2), ValueError, r"add\(x of shape \(2, 3\), .*\(2,\).*x\[:, None\]"),
    (
        lambda x: np.ones(2) * x,
        ValueError,
        r"multiply\(.*\(2,\).*x of shape \(2, 3\).*x\[:, None\]",
    ),
    (lambda x: np.where(np.ones(2) > 0, x, 0), ValueError, r"where\(.*\(2,\).*x of shape.*x\[:, N"),
    (
        lambda x: np.clip(x, np.ones(2), 3),
        ValueError,
        r"clip\(x of shape \(2, 3\).*\(2,\).*x\[:, N",
    ),
    (lambda x: x @ x, ValueError, r"matmul\(x of shape \(2, 3\).*transpose one \(x\.mT\)"),
    (lambda x: np.ones(3) @ x, ValueError, r"matmul\(.*\(3,\).*x of shape \(2, 3\).*transpose one"),
    (lambda x: x @ 2.0, ValueError, r"matmul\(x of shape \(2, 3\), float64; 2\.0\).*transpose one"),
    (lambda x: np.dot(x, np.ones(2)), ValueError, r"matmul\(x of shape \(2, 3\).*\(2,\)"),
    (
        lambda x: np.concatenate([x, np.ones((2, 2))]),
        ValueError,
        r"concatenate\(\[x of shape \(2, 3\).*\(2, 2\).*same shape except along the axis",
    ),
    (lambda x: np.stack([x, np.ones(3)]), ValueError, r"stack\(.*\(2, 3\).*\(3,\)"),
    (lambda x: np.concatenate([x, x], axis=2), IndexError, r"concatenate\(\[x of shape \(2, 3\)"),
    (lambda x: x.reshape(4), ValueError, r"reshape\(x of shape \(2, 3\).*may be -1"),
    (lambda x: x.reshape(3, 2, order="K"), ValueError, "order 'K' is not permitted"),
    (lambda x: np.broadcast_to(x, (3, 3)), ValueError, r"broadcast_to\(x of shape \(2, 3\)"),
    (lambda x: np.squeeze(x, axis=0), ValueError, r"squeeze\(x of shape \(2, 3\)"),
    (lambda x: np.transpose(x, (0, 0)), ValueError, r"transpose\(x of shape \(2, 3\)"),
    (lambda x: x.sum(axis=2), IndexError, r"sum\(x of shape \(2, 3\).*axis 2"),
    (lambda x: np.max(x[:0]), ValueError, r"max\(.*of shape \(0, 3\).*zero-size"),
    (lambda x: ag.softmax(x, axis=5), IndexError, r"softmax\(x of shape \(2, 3\).*axis 5"),
    (lambda x: x[5], IndexError, r"getitem\(x of shape \(2, 3\).*index 5.*An index is an int"),
    (lambda x: x[0, 0, 0], IndexError, r"getitem\(x of shape \(2, 3\).*too many indices"),
    (lambda x: x[0.5], IndexError, r"getitem\(x of shape \(2, 3\).*An index is an int, a slice"),
    (lambda x: x["a"], IndexError, r"getitem\(x of shape \(2, 3\).*An index is an int, a slice"),
    (lambda x: x[np.ones(3) > 0], IndexError, r"getitem\(x of shape \(2, 3\).*boolean index"),
    (lambda x: list(x[0, 0]), TypeError, r"of shape \(\), float64 has no axis to iterate over"),
    (lambda x: x + "a", TypeError, r"add\(x of shape \(2, 3\), float64; 'a'\)"),
    (lambda x: x + None, TypeError, r"add\(x of shape \(2, 3\), float64; None\)"),
]


@pytest.mark.parametrize(("call", "kind", "told"), SHAPES)
def test_operands_that_do_not_fit_are_named(x, call, kind, told):
    with pytest.raises(kind, match=f"(?s){told}"):
        call(x)
    unchanged(x)


def unchanged(x):
    """After an error a tensor is as before, and the next gradient is right."""
    np.testing.assert_array_equal(x.data, np.ones((2, 3)))
    assert (x.grad, x.requires_grad, x.name) == (None, True, "x")
    np.testing.assert_array_equal(ag.gradients(np.sum(x * x), [x])[0], 2 * np.ones((2, 3)))


BACKWARD = [
    (lambda x: x.backward(), ValueError, r"x of shape \(2, 3\).*not a scalar.*np\.sum.*\(2, 3\)"),
    (lambda x: (x * 2).backward(), ValueError, r"of shape \(2, 3\).*not a scalar.*reduce it"),
    (lambda x: np.sum(x.detach()).backward(), ValueError, r"on a constant.*requires_grad=True"),
    (lambda x: ag.Tensor(1.0).backward(), ValueError, r"on a constant.*no_grad\(\)"),
    (lambda x: x.backward(np.ones(3)), ValueError, r"cotangent of shape \(3,\) does not fit x of"),
    (lambda x: x.backward(1.0), ValueError, r"cotangent of shape \(\) does not fit.*nothing is b"),
    (lambda x: np.sum(x).backward([1.0]), ValueError, r"cotangent of shape \(1,\) does not fit"),
    (lambda x: np.sum(x).backward("a"), (TypeError, ValueError), "a"),
    (lambda x: ag.gradients(x, [x]), ValueError, "not a scalar"),
    (
        lambda x: ag.gradients(x, [x], seed=np.ones((3, 2))),
        ValueError,
        r"cotangent of shape \(3, 2",
    ),
    (
        lambda x: ag.gradients(np.sum(x), [ag.Tensor(1.0)]),
        ValueError,
        "constant.*requires_grad=True",
    ),
    (
        lambda x: ag.gradients(np.sum(x), [np.ones(2)]),
        TypeError,
        r"takes Tensors, not ndarray of s",
    ),
    (lambda x: ag.gradients(3.0, [x]), TypeError, r"takes Tensors, not 3\.0"),
]


@pytest.mark.parametrize(("call", "kind", "told"), BACKWARD)
def test_a_backward_pass_that_cannot_start_says_why(x, call, kind, told):
    with pytest.raises(kind, match=f"(?s){told}"):
        call(x)
    unchanged(x)


def test_backward_of_what_was_computed_inside_no_grad_says_so(x):
    with ag.no_grad():
        loss = np.sum(x * x)
    with pytest.raises(ValueError, match=r"constant.*computed inside no_grad\(\)"):
        loss.backward()
    unchanged(x)


FUNCTIONS = [
    (
        lambda: ag.grad(3.0),
        TypeError,
        r"a function .*, not 3\.0: write f without calling it, grad\(f\)\(x\)",
    ),
    (lambda: ag.jacobian(variable(1.0)), TypeError, r"a function .*, not Tensor.*loss\.backward"),
    (lambda: ag.compare(variable(1.0), [1.0]), TypeError, r"a dict.*not \[1\.0\]: write compare"),
    (lambda: ag.grad(lambda x: x, argnums=1)(1.0), ValueError, "argnums=1, but <lambda>.* 1 posit"),
    (lambda: ag.grad(lambda x: x, argnums=(0, -2))(1.0), ValueError, "argnums=-2.*by position"),
    (lambda: ag.grad(lambda x: x, argnums=[0.5])(1.0), TypeError, r"list of ints, not .*0\.5"),
    (lambda: ag.grad(lambda x: x, argnums="x")(1.0), TypeError, "list of ints, not 'x'"),
    (lambda: ag.grad(lambda x: x)(x=1.0), ValueError, "0 positional arguments.*by position"),
    (lambda: ag.grad(lambda x: x * 2)(np.ones(3)), ValueError, r"\(3,\).*of one number: sum"),
    (lambda: ag.grad(lambda x: "loss")(1.0), TypeError, "returned 'loss'.*returns one number"),
    (lambda: ag.grad(lambda x: None)(1.0), TypeError, "returned None.*returns one number"),
    (
        lambda: ag.grad(lambda x: [x, x])(1.0),
        TypeError,
        r"returned a list of 2: .*returns one number",
    ),
    (lambda: ag.grad(lambda x: x)("a"), TypeError, "holds numbers, and 'a'"),
    (lambda: ag.grad(lambda x: x)([None, "a"]), TypeError, "holds numbers, and 'a'"),
]


@pytest.mark.parametrize(("call", "kind", "told"), FUNCTIONS)
def test_a_function_that_has_no_gradient_says_why(call, kind, told):
    with pytest.raises(kind, match=f"(?s){told}"):
        call()


@pytest.mark.parametrize(
    "data",
    ["text", ["a", "b"], None, [1.0, None], {"a": 1}, object(), np.array([object()]), b"x",
     np.array(["2020-01-01"], dtype="datetime64[D]"), np.zeros(2, dtype=[("a", float)])],
    ids=lambda data: type(data).__name__,
)  # fmt: skip
@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_tensor_of_what_are_not_numbers_is_refused(data, requires_grad):
    with pytest.raises(TypeError, match=r"a Tensor holds numbers.*dtype.*convert it to numbers"):
        ag.Tensor(data, requires_grad=requires_grad)


def test_a_ragged_list_is_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        ag.Tensor([[1.0, 2.0], [3.0]])


def test_wrong_data_leaves_the_variable_as_it_was(x):
    for wrong, kind, told in (
        (np.ones(3), ValueError, r"x of shape \(2, 3\).*shape \(3,\).*make a new Tensor"),
        (1.0, ValueError, r"shape \(\)"),
        ("a", TypeError, "holds numbers"),
        (x * 2, TypeError, "detach"),
    ):
        with pytest.raises(kind, match=f"(?s){told}"):
            x.data = wrong
        assert x._array is x.node.out
        unchanged(x)


def test_a_result_has_no_data_gradient_or_switch_to_set(x):
    y = np.exp(x)
    for name, value, way_out in (
        ("data", np.zeros((2, 3)), r"detach\(\)"),
        ("grad", np.zeros((2, 3)), "gradients"),
        ("requires_grad", False, r"detach\(\)"),
    ):
        with pytest.raises(ValueError, match=f"is the result of exp: use {way_out}"):
            setattr(y, name, value)
    np.testing.assert_array_equal(y.data, np.exp(x.data))
    unchanged(x)


def test_a_gradient_of_another_shape_is_refused(x):
    x.grad = np.ones((2, 3))
    with pytest.raises(
        ValueError, match=r"gradient of shape \(3,\) does not fit x of shape \(2, 3\)"
    ):
        x.grad = np.ones(3)
    np.testing.assert_array_equal(x.grad, np.ones((2, 3)))


# --- rules of the user's -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            lambda g, out, x: np.ones(5),
            r"rule of f returned ndarray of shape \(5,\).*shape \(2, 3\)",
        ),
        (lambda g, out, x: None, r"rule of f returned None as the contribution"),
        (lambda g, out, x: 1.0, r"rule of f returned 1\.0 as the contribution"),
        (lambda g, out, x: [g], r"rule of f returned \[.*\(2, 3\).*\] as the contribution"),
    ],
)
@pytest.mark.parametrize("declare", [ag.elementwise, ag.primitive])
def test_a_share_of_the_wrong_shape_is_named_and_nothing_is_added(x, declare, rule, told):
    def f(x):
        return x * 2

    y = np.sum(declare(f, rule)(x))
    with pytest.raises(TypeError, match=f"(?s){told}.*a rule returns an array of its argument's"):
        y.backward()
    unchanged(x)


def test_a_primitive_is_never_summed_in_silence():
    x = variable(np.ones((1, 3)))
    stretched = ag.primitive(lambda x: x + np.zeros((2, 1)), lambda g, out, x: g)
    with pytest.raises(TypeError, match=r"ndarray of shape \(2, 3\).*shape \(1, 3\)"):
        np.sum(stretched(x)).backward()
    assert x.grad is None


def test_the_wrong_number_of_contributions_is_named():
    x = variable([1.0])
    glue = ag.primitive(lambda xs: sum(xs), lambda g, out, xs: [g], sequence=True)
    with pytest.raises(TypeError, match="returned 1 contributions for 2 arrays"):
        np.sum(glue([x, x])).backward()
    assert x.grad is None


def test_an_error_inside_a_rule_adds_nothing(x):
    def broken(g, out, x):
        raise RuntimeError("no")

    first = variable(2.0)
    loss = np.sum(ag.elementwise(lambda x: +x, broken)(x)) + first
    with pytest.raises(RuntimeError, match="no"):
        loss.backward()
    assert first.grad is None
    unchanged(x)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x + np.ones(2),
        lambda x: x @ np.ones((2, 2)),
        lambda x: np.dot(x, np.ones(2)),
        lambda x: np.matmul(x, np.ones((2, 2))),
        lambda x: np.add(np.ones(2), x),
        lambda x: np.concatenate([x, np.ones((2, 5))]),
        lambda x: np.reshape(x, (5, 5)),
        lambda x: x.reshape(5, 5),
        lambda x: np.sum(x, axis=7),
        lambda x: x.sum(dim=0),
        lambda x: ag.softmax(x, dim=0),
        lambda x: np.linalg.solve(x, np.ones(2)),
    ],
)
def test_a_message_stands_alone_and_is_short(mistake, x):
    """No error of NumPy's before it, and no frames of the library but where it was entered."""
    with pytest.raises((ValueError, TypeError, np.linalg.LinAlgError)) as caught:
        mistake(x)
    error = caught.value
    lines = "".join(traceback.format_exception(error)).splitlines()
    assert "The above exception" not in "\n".join(lines)
    assert len(lines) <= 14
    assert "gufunc" not in str(error)


def test_an_error_in_a_function_of_the_users_keeps_its_frames_and_its_cause():
    def broken(x):
        return np.ones(3) @ np.ones(2)

    with pytest.raises(ValueError, match="broken") as caught:
        ag.primitive(broken, None)(variable(1.0))
    assert "in broken" in "".join(traceback.format_exception(caught.value))


MISTAKES = {
    "a value for a function": lambda x: ag.grad(3.0),
    "an array for argnums": lambda x: ag.grad(np.sum, np.ones(2)),
    "an argnum too many": lambda x: ag.grad(np.sum, 3)(x),
    "a gradient of an array": lambda x: ag.grad(lambda x: x * 2)(np.ones(3)),
    "a Hessian of an array": lambda x: ag.hessian(lambda x: x * 2)(np.ones(3)),
    "no return": lambda x: ag.grad(lambda x: None)(1.0),
    "a count": lambda x: ag.value_and_grad(np.argmax)(np.ones(3)),
    "no list": lambda x: np.concatenate(x, x),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_the_message_of_a_common_mistake_stands_alone(mistake):
    """No frames of ours between the user's line and the sentence but the one he called."""
    with pytest.raises((TypeError, ValueError)) as caught:
        mistake(variable(np.ones((2, 3))))
    lines = "".join(traceback.format_exception(caught.value)).splitlines()
    assert len(lines) <= 14, "\n".join(lines)


NAMED = [
    (lambda x: x.unsqueeze(0), AttributeError, r"np\.expand_dims\(t, axis\)"),
    (lambda x: x.exp(), AttributeError, r"NumPy's function takes a Tensor, np\.exp\(t\)"),
    (lambda x: x.nothing, AttributeError, "no attribute 'nothing'$"),
    (lambda x: x.view(3, 2), TypeError, r"t\.reshape\(3, 2\)"),
    (lambda x: x.sum(dim=0), TypeError, "dim= is axis= here"),
    (lambda x: x.mean(axis=0, keepdim=True), TypeError, "keepdim= is keepdims= here"),
    (lambda x: np.sum(x).backward(retain_graph=True), TypeError, "keep_tape="),
    (lambda x: ag.grad(np.sum, argnum=0), TypeError, "argnums="),
    (lambda x: ag.grad(np.sum, wrt=0), TypeError, "argnums="),
    (lambda x: ag.vjp(lambda x: x, x, argnum=0), TypeError, "argnum.* here it is argnums=$"),
    (lambda x: ag.jvp(lambda x: x, (x,), (x,), argnum=0), TypeError, "here it is argnums=$"),
    (lambda x: ag.hvp(lambda x: x, (x,), (x,), argnum=0), TypeError, "here it is argnums=$"),
    (lambda x: ag.vjp(lambda x: x, x, lr=0.1), TypeError, "keyword argument 'lr'$"),
    (lambda x: ag.elementwise_grad(np.sin), AttributeError, r"ag\.derivative\(f\)"),
    (lambda x: ag.tensor(1.0), AttributeError, r"ag\.Tensor\(array, requires_grad=True\)"),
    (lambda x: ag.exp(x), AttributeError, r"np\.exp\(\.\.\.\)"),
    (lambda x: ag.nothing, AttributeError, "no attribute 'nothing'$"),
    (lambda x: nn.CrossEntropyLoss(), AttributeError, r"nn\.cross_entropy\(logits, labels\)"),
    (lambda x: nn.SGD([x], lr=0.1), TypeError, "learning_rate="),
    (lambda x: nn.Adam([x], betas=(0.9, 0.99)), TypeError, "beta1= and beta2="),
    (lambda x: nn.Linear(in_features=2, out_features=3), TypeError, "inputs="),
    (lambda x: nn.batches(x.data, batch_size=2), TypeError, "'batch_size': here it is size=$"),
    (lambda x: nn.GRU(2, 3, return_sequences=True), TypeError, r"layer\(x\)\[:, -1\] the last"),
    (lambda x: nn.Sequential({"a": np.tanh}), TypeError, r"Sequential\(\*layers\.values\(\)"),
    (lambda x: nn.Sequential().add(np.tanh), AttributeError, r"layers\.append\(layer\)"),
    (lambda x: x.data.uniform_(0, 1), AttributeError, r"w\.data = rng\.uniform"),
    (lambda x: nn.PReLU(), AttributeError, r"slope = ag\.Tensor"),
    (lambda x: math.exp(np.sum(x)), TypeError, r"np\.exp\(t\), not math\.exp\(t\)"),
    (lambda x: np.int64(np.sum(x)), TypeError, r"Tensor"),
    (lambda x: x.item(), ValueError, r"item\(\) of x of shape \(2, 3\)"),
    (lambda x: x.argmax(dim=0), TypeError, "here it is axis="),
    (lambda x: ag.Tensor(1.0, device="cpu"), TypeError, "every Tensor is in NumPy's memory"),
    (lambda x: ag.Tensor(1.0, True, np.float32), TypeError, "the name of a tensor is a str"),
    (lambda x: setattr(x, "name", 3), TypeError, "the name of a tensor is a str, not 3"),
    (lambda x: x.__delitem__(0), ValueError, r"np\.delete\(t, index\)"),
    (lambda x: x.clamp(0), AttributeError, r"np\.clip\(t, low, high\)"),
    (lambda x: x.load, AttributeError, "no attribute 'load'$"),
    (lambda x: ag.np, AttributeError, "import numpy as np"),
    (lambda x: ag.optim, AttributeError, r"nn\.SGD and nn\.Adam"),
    (lambda x: ag.Tenser, AttributeError, "Did you mean 'Tensor'"),
    (lambda x: nn.Relu, AttributeError, "Did you mean 'ReLU'"),
    (lambda x: nn.init.kaiming_normal_, AttributeError, r"init=nn\.init\.he_normal"),
    (lambda x: f"{x:.3f}", TypeError, r"'\.3f' is of one number, and x of shape .* has 6"),
    (lambda x: range(x[0, 0]), TypeError, "a count is an integer, and Tensor of shape"),
    (lambda x: 1 if x else 0, ValueError, r"truth value of x of shape.*np\.where\(condition"),
    (lambda x: list(np.nditer(x)), ValueError, r"A Tensor cannot be stored.*x of shape"),
    (lambda x: np.einsum("ij,jk", x, x), ValueError, "einsum.*A letter of the subscripts"),
]


@pytest.mark.parametrize(("f", "kind", "message"), NAMED)
def test_names_of_other_libraries_are_told_what_they_are_here(f, kind, message, x):
    with pytest.raises(kind, match=message):
        f(x)


def test_what_others_call_otherwise_is_no_attribute():
    t = ag.Tensor(1.0)
    assert not hasattr(t, "exp")
    assert not hasattr(ag.Tensor, "unsqueeze")
    assert not {"exp", "mm", "add_"} & {*dir(t)}
    with pytest.raises(AttributeError, match="mm"):
        t.mm(t)


def test_every_name_that_is_told_exists():
    scope = {"np": np, "ag": ag, "nn": nn}
    told = [*other_names.TENSOR.values(), *other_names.FUNCTIONS.values(), *NN.values()]
    for name in re.findall(r"\b(?:np|ag|nn)(?:\.\w+)+", " ".join(told)):
        assert eval(name, scope) is not None
    for name in re.findall(r"\bt\.(\w+)", " ".join(told)):
        assert hasattr(ag.Tensor, name), name
    for name in other_names.TENSOR:
        assert not hasattr(ag.Tensor, name), name
    for name in (*other_names.FUNCTIONS.keys() - {"scipy"}, "exp", "zeros_"):
        assert not hasattr(ag, name), name


def test_many_operands_are_described_briefly():
    many = [variable(np.ones(2)) for _ in range(50)]
    with pytest.raises(ValueError, match=r"\.\.\.\]\)") as caught:
        np.concatenate([*many, np.ones((2, 2))])
    assert len(str(caught.value)) < 700


def test_an_error_of_a_class_of_the_users_stays_what_it_is(x):
    class TooLarge(ValueError):
        def __init__(self, limit, by):
            super().__init__(f"{limit} exceeded by {by}")

    raised = TooLarge(3, by=2)

    def f(x):
        raise raised

    with pytest.raises(TooLarge) as caught:
        ag.elementwise(f, lambda g, out, x: g)(x)
    assert caught.value is raised
    assert "in f(x of shape (2, 3), float64)" in caught.value.__notes__[0]


def test_an_axis_error_stays_one(x):
    with pytest.raises(
        np.exceptions.AxisError, match=r"sum\(x of shape \(2, 3\).*axis 3"
    ) as caught:
        np.sum(x, axis=3)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, IndexError)


def test_a_wrong_kind_of_operand_is_not_told_about_shapes(x):
    with pytest.raises(TypeError, match=r"multiply.*arrays of numbers and Tensors") as told:
        x * "a"
    assert "Shapes" not in str(told.value)
