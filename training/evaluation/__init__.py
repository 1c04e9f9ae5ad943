"""How good a ranking is: CMC, mAP, mINP, ROC, and the rules about which pairs count.

Distances arrive in blocks of queries, so memory is bounded by a block whatever the size of the test set.
"""
