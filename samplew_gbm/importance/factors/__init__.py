"""Factors of the sample weight beside attention: one file each, plain arrays in, ``float64[n]`` out.

A factor is a statement about rows by the user of the package - a purchase means more than a view, last year
less than this week - and not learned. Nothing in the embeddings, candidates, features or labels looks at one,
so what a factor knows of the whole log reaches a model by the weight of its training rows only.
"""
