"""Fetch the libraries that pages load, as docs/assets/vendor/manifest.json names them: `python tools/vendor.py`.

The files are committed, so that a site build needs no Node and a reader's browser asks nobody else. To update one,
change its version in the manifest and run this; it needs npm.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "docs/assets/vendor"
MANIFEST = VENDOR / "manifest.json"


def main() -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    for name, library in manifest.items():
        with tempfile.TemporaryDirectory() as folder:
            spec = f"{name}@{library['version']}"
            subprocess.run(["npm", "pack", "--silent", "--pack-destination", folder, spec], check=True)  # noqa: S603, S607
            (archive,) = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as package:
                for file in library["files"]:
                    member = package.extractfile(f"package/{file['from']}")
                    assert member, file["from"]
                    content = member.read()
                    target = VENDOR / name / file["path"]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
                    file["sha256"] = hashlib.sha256(content).hexdigest()
        print(f"{spec}: {len(library['files'])} files")
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
