"""The command line: one file per command; Typer and Rich live here and nowhere else."""
