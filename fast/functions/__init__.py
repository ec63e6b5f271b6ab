"""Functions of arrays, one body for NumPy and torch: activations, losses, penalties, clipping, constraints, layers.

- Arrays are NumPy arrays of float16, float32 or float64, or torch tensors of these or of bfloat16, strided and on any
  device, all of one library, dtype and device. They are not written to; results are new arrays without history.
- 16-bit arrays are computed in float32, and norms and sums over everything in float64; a result is rounded once.
- `NAME_gradient` takes the arrays of `NAME`, then `upstream`: the gradient with respect to what `NAME` returns.
- `dialect`: a vendor's name or a mapping from axis to value, see `gradspec.fast.dialects`. None is torch's for
  tensors; NumPy arrays need one.
- NaN and infinity are carried, without warnings; no value is read back from a device unless a function says so.
- TypeError and ValueError, with the same text for both libraries, come before anything is computed.
"""
