"""The flow that mines a catalogue: `flow` is the recipe, the other modules are its steps."""
