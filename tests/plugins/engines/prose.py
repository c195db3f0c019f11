"""A test engine that reads its prompt: ``flat``, of a family whose prompts a language model writes."""

from studio.engines import flat


class Engine(flat.Engine):
    version = "prose-1"
    prompt_family = "wan"
