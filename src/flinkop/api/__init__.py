"""The kinds: their models, and the CustomResourceDefinitions made from them."""
