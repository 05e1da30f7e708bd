#!/usr/bin/env python3
"""Makes the NumPy files beside it: four vectors of three components, -2 to 9 by one, in each type and format version."""
import numpy as np

a = np.arange(-2, 10).reshape(4, 3)
for dtype in ("float16", "float32", "float64", "int8", "int32"):
    np.save(f"vectors-{dtype}.npy", a.astype(dtype))
np.save("vectors-uint8.npy", a.astype("int8").clip(0).astype("uint8"))
np.save("vectors-big-endian.npy", a.astype(">f4"))
np.save("vectors-fortran.npy", np.asfortranarray(a.astype("float32")))
np.save("vectors-flat.npy", a.astype("float32").ravel())
for version in ((2, 0), (3, 0)):
    with open(f"vectors-version-{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, a.astype("float32"), version=version)
