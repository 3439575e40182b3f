"""The flows that train genre classifiers and predict the genres of a catalogue."""
