"""Figures in the site's colours: one style for every plot, on no background, so that light and dark pages carry it.

The colours are named once, here. The site recolours these names for dark pages; a figure uses no others.
"""

import matplotlib as mpl
import torch
from cycler import cycler
from IPython.core.getipython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats
from torch import Tensor

INK = "#1d2129"
SOFT = "#5a5f6a"
LINE = "#e2ded4"
VERMILION = "#b8322a"
INDIGO = "#2f5d8a"
MOSS = "#4b7a4e"
OCHRE = "#8a5f14"


def use_site_style() -> None:
    """Sets matplotlib's defaults to the site's look and, in a notebook, its format to reproducible SVG."""
    mpl.rcParams.update(
        {
            "axes.edgecolor": SOFT,
            "axes.labelcolor": SOFT,
            "axes.prop_cycle": cycler(color=[VERMILION, INDIGO, MOSS, OCHRE]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlecolor": INK,
            "axes.titlesize": 10,
            "figure.dpi": 96,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "font.size": 9,
            "legend.frameon": False,
            "legend.labelcolor": INK,
            "lines.linewidth": 1.6,
            "savefig.facecolor": "none",
            "svg.hashsalt": "aigc",  # element ids, and so the file, are the same in every run
            "text.color": INK,
            "xtick.color": SOFT,
            "ytick.color": SOFT,
        }
    )
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def tile(images: Tensor, columns: int) -> Tensor:
    """Lays images out in rows, with a pixel of white between them.

    Args:
        images: shape (n, channels, height, width), values from -1 to 1; n a multiple of columns.
        columns: images in a row.

    Returns:
        Shape (rows · (height + 1) - 1, columns · (width + 1) - 1, channels), values from 0 to 1, as `imshow` takes it.

    Examples:
        >>> tile(torch.zeros(6, 1, 28, 28), columns=3).shape
        torch.Size([57, 86, 1])
    """
    count, channels, height, width = images.shape
    rows = count // columns
    padded = torch.nn.functional.pad(images.detach().clamp(-1, 1), (0, 1, 0, 1), value=1.0)
    grid = padded.view(rows, columns, channels, height + 1, width + 1).permute(0, 3, 1, 4, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1), channels)[:-1, :-1] / 2 + 0.5
