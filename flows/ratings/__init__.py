"""The flows that train, evaluate and maintain recommenders."""
