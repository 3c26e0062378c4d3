"""The diagnostic codes with their long texts, one module an area; `compiler.diagnostics.codes` joins them."""
