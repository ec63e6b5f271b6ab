"""Geometric augmentation of images: a pixel of the output takes its value from a point of the image."""
