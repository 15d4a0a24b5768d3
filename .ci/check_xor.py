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
assert "these are the values of dh2/dz2" in (out / "errata.txt").read_text()
gradients = (out / "gradients.txt").read_text()
assert gradients.count("right") == 8, gradients
assert "WRONG" not in gradients, gradients
print(f"{out}: every file is there and sound")
