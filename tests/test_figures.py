"""The style of figures is a file of matplotlib's own kind, and costs no torch."""

import subprocess
import sys

import matplotlib as mpl
from matplotlib import style

from aigc_ref import figures


def test_the_style_is_used_by_name_and_has_the_colours_that_we_name() -> None:
    with style.context("aigc_ref.site"):
        drawn = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
        assert drawn == [figures.VERMILION, figures.INDIGO, figures.MOSS, figures.OCHRE]
        assert mpl.rcParams["text.color"] == figures.INK
        assert mpl.rcParams["xtick.color"] == figures.SOFT
        assert mpl.rcParams["svg.hashsalt"] == "aigc"


def test_importing_it_does_not_import_torch() -> None:
    code = "import sys; from aigc_ref import figures; figures.use_site_style(); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
