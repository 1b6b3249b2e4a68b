"""Archives on many cores or machines: newscrawl as steps of datatrove. The group ``scale``."""
