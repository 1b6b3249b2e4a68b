"""The project's settings without its parts: what Scrapy itself costs with them."""

from newscrawl import settings as own

_PARTS = (
    "SPIDER_MODULES",
    "NEWSPIDER_MODULE",
    "COMMANDS_MODULE",
    "TWISTED_DNS_RESOLVER",
    "DOWNLOAD_HANDLERS",
    "ITEM_PIPELINES",
    "DOWNLOADER_MIDDLEWARES",
    "EXTENSIONS",
)
for _name, _value in vars(own).items():
    if _name.isupper() and not _name.startswith("NEWSCRAWL_") and _name not in _PARTS:
        globals()[_name] = _value

SPIDER_MODULES = ["bench.bare.spiders"]
