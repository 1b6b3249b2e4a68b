"""What ``scrapy startproject`` writes, without its delays; the feed is named on the command line.

Everything else is Scrapy's default, its log of every item included.
"""

BOT_NAME = "plain"
SPIDER_MODULES = ["bench.plain.spiders"]
NEWSPIDER_MODULE = "bench.plain.spiders"
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 0
FEED_EXPORT_ENCODING = "utf-8"
