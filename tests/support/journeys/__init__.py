"""What people do on the pages, in their words: the steps that whole-story tests are made of.

Everything goes by what a person sees: names of links, buttons and labels, never addresses or
ids, except the one address somebody types to begin.
"""
