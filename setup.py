"""Packages the seeds along: an egg or wheel finds them as data of the package.

Everything else about the package stands in ``pyproject.toml``. The egg that Scrapyd takes is made
with this file; without it scrapyd-deploy would write one that forgets the seeds.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["newscrawl", "newscrawl.*"]), "newscrawl._seeds.rfi"],
    package_dir={"newscrawl._seeds.rfi": "seeds/rfi"},
    package_data={
        "newscrawl._seeds.rfi": ["*.yaml"],
        "newscrawl.browse": ["templates/*", "plugins/*.py"],
        "newscrawl.dashboard": ["templates/*"],
        "newscrawl.exports.dataset": ["templates/*"],
    },
    entry_points={"scrapy": ["settings = newscrawl.settings"]},
)
