"""Check that what `make xor` wrote can be opened, and says what it must."""

import sys
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

out, hidden = Path(sys.argv[1]), sys.argv[2]
svg = ElementTree.parse(out / "graph.svg").getroot()
text = "".join(svg.itertext())
assert svg.tag.endswith("svg"), svg.tag
assert all(number in text for number in ("1.76405235", "-0.14673508", "0.00723246")), "graph.svg"
for name in (f"training_{hidden}.png", f"boundary_{hidden}.png", f"boundary_{hidden}.gif"):
    with Image.open(out / name) as image:
        image.load()
        assert min(image.size) > 200, (name, image.size)
        assert getattr(image, "n_frames", 1) > 10 or name.endswith(".png"), name
for name in ("article", f"play_{hidden}_with_biases", f"play_{hidden}_without_biases"):
    page = (out / f"{name}.html").read_text(encoding="utf-8")
    assert "const PROGRAM" in page, name
errata = " ".join((out / "errata.txt").read_text().split())  # its sentences are wrapped
for found in (
    "dh2/dz2: the sign is wrong at [0, 0]",
    "the factor dh2 is left out",
    "dh2 is 1/2 times the gradient",
    "dW1 and dW2 are N = 50 times the gradient",
    "where 2e-08 * W belongs",
    "1 - h^2 is the derivative of tanh(z), and h is not tanh(z)",
):
    assert found in errata, found
gradients = (out / "gradients.txt").read_text()
assert gradients.count("| right") == 8, gradients
assert "WRONG" not in gradients, gradients
print(f"{out}: every file is there and sound")
