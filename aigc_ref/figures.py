"""Figures in the site's colours: one style for every plot, on no background, so that light and dark pages carry it.

The style is matplotlib's own kind of file, site.mplstyle, and needs no import: `plt.style.use("aigc_ref.site")`. Its
colours have names here; the site recolours them for dark pages, and a figure uses no others.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from IPython.core.getipython import get_ipython
from matplotlib import style
from matplotlib_inline.backend_inline import set_matplotlib_formats

if TYPE_CHECKING:
    from torch import Tensor

_STYLE = mpl.rc_params_from_file(Path(__file__).with_name("site.mplstyle"), use_default_template=False)
INK: str = _STYLE["text.color"]
SOFT: str = _STYLE["axes.labelcolor"]
LINE = "#e2ded4"
VERMILION, INDIGO, MOSS, OCHRE = _STYLE["axes.prop_cycle"].by_key()["color"]


def use_site_style() -> None:
    """Sets matplotlib's defaults to the site's look and, in a notebook, its format to reproducible SVG."""
    style.use("aigc_ref.site")
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def tile(images: "Tensor", columns: int) -> "Tensor":
    """Lays images out in rows, with a pixel of white between them.

    Args:
        images: shape (n, channels, height, width), values from -1 to 1; n a multiple of columns.
        columns: images in a row.

    Returns:
        Shape (rows · (height + 1) - 1, columns · (width + 1) - 1, channels), values from 0 to 1, as `imshow` takes it.

    Examples:
        >>> import torch
        >>> tile(torch.zeros(6, 1, 28, 28), columns=3).shape
        torch.Size([57, 86, 1])
    """
    import torch.nn.functional as F  # here, so that the style costs no torch

    count, channels, height, width = images.shape
    rows = count // columns
    padded = F.pad(images.detach().clamp(-1, 1), (0, 1, 0, 1), value=1.0)
    grid = padded.view(rows, columns, channels, height + 1, width + 1).permute(0, 3, 1, 4, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1), channels)[:-1, :-1] / 2 + 0.5
