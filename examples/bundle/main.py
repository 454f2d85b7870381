"""Builds a 20 MB firmware image of known content out of a package and data files, and keeps it as an artifact.

A bundle: send the folder as a zip (`cd examples/bundle && zip -r ../bundle.zip .`), or drop it on the page *New job*.
The image is the same on every box; after a download its SHA-256 must be
c6af7c9abcdaefdea62bb3575195c28188d5271ffc4e7b0f259a233725e741ca
"""

import hashlib
import json
import os
import pathlib

from firmware.image import build

HERE = pathlib.Path(__file__).parent


def main() -> None:
    settings = json.loads((HERE / "data/device.json").read_text())
    target = pathlib.Path(os.environ.get("STOUT_ARTIFACTS", ".")) / "firmware.bin"
    digest = hashlib.sha256()
    with open(target, "wb") as file:
        for block in build(settings["name"], (HERE / "data/banner.txt").read_bytes(), settings["sizeBytes"]):
            file.write(block)
            digest.update(block)
    print(f"{target.name}: {target.stat().st_size} bytes, sha256 {digest.hexdigest()}")


if __name__ == "__main__":
    main()
