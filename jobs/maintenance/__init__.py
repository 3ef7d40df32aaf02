"""What some live process must do each second, under an elected leader."""
