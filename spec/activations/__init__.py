"""Activation functions: values, and derivatives that follow from them."""
