"""A platform in a box: what `opsconsole demo` runs."""
