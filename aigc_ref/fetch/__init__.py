"""Getting published files once, each with its licence and its checksum.

Public: `cache` (a folder, checksums, downloads, archives of npm and pip) and `packages` (files out of such archives).

The room knows no other of this package: what the bytes mean is the business of `datasets` and `pretrained`.
"""
