"""The panels of the side bar: plan, queue, processes."""
