"""The sections of the table, one file each; a section's run(bench) adds its rows to bench.report."""
