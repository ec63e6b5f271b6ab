"""The fast backends, `fast.numpy` and `fast.torch`: every rule as one step in place."""

if __name__ != "gradspec.fast":
    raise ImportError("import gradspec.fast: a second copy named `fast` would be a different module")
