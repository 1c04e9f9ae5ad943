"""The font of last resort: four weights of Inter, SIL Open Font License 1.1 (`OFL.txt`)."""
