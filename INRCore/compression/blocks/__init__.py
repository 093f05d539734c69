"""The codec 'blocks': boxes sized by their spectrum, a funnel-shaped sine network for each."""
