"""The affine warps of images, of every vendor that has them, with the settings that the adapters ask for."""

from .row import Row, Rows

WHOLE = {"fill": "constant", "edge": "whole", "interpolation": "linear"}
BLENDED = {"fill": "constant", "edge": "blended", "interpolation": "linear"}
IN = {"zoom": "in"}

ROWS: Rows = {
    "keras": {
        "shift": Row("ops.image.affine_transform", BLENDED),
        "rotate": Row("ops.image.affine_transform", BLENDED),
        "resize": Row("layers.RandomZoom's factor + 1, by ops.image.affine_transform", {**BLENDED, "zoom": "out"}),
    },
    "scipy": {
        "shift": Row("ndimage.shift(order=1)", WHOLE),
        "rotate": Row("ndimage.rotate(order=1, reshape=False)", WHOLE),
        "resize": Row("ndimage.affine_transform(order=1)", {**WHOLE, **IN}),
    },
    "kornia": {
        "shift": Row("geometry.transform.warp_affine", BLENDED),
        "rotate": Row("geometry.transform.warp_affine", BLENDED),
        "resize": Row("geometry.transform.warp_affine", {**BLENDED, **IN}),
    },
    "torchvision": {"rotate": Row("transforms.functional.rotate", BLENDED)},
    "deck": {
        "shift": Row("shift", place="line 271"),
        "rotate": Row("rotate", place="line 271"),
        "resize": Row("resize", place="line 271"),
    },
}
