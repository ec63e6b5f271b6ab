"""The slow truth: any rule evaluated in ball arithmetic, error bounds derived from its formula, claims decided."""

if __name__ != "gradspec.reference":
    raise ImportError("import gradspec.reference: a second copy named `reference` would be a different module")
