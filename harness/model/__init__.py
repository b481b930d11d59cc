"""The frozen types of the whole flow, in its order: suite, plan, tape, transcript, score, row."""
