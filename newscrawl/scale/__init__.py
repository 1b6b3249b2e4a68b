"""Archives on many cores or machines: newscrawl as steps of datatrove. Needs the group ``scale``."""
