"""Sound: a score, ambiences, effects and a narrator, made from what the film is; nothing is sampled or downloaded."""
