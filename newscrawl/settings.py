"""Settings of the project; ``docs/settings.md`` explains each.

The project's own start with ``NEWSCRAWL_``. Each may also be given in the environment under the
same name; the command line (``-s NAME=VALUE``) wins over the environment, the environment over this
file.
"""

import os

from newscrawl.version import VERSION

BOT_NAME = "newscrawl"
SPIDER_MODULES = ["newscrawl.spiders"]
NEWSPIDER_MODULE = "newscrawl.spiders"
COMMANDS_MODULE = "newscrawl.commands"

# -- the project's own ---------------------------------------------------------------------------
NEWSCRAWL_DATA_DIR = "data"
NEWSCRAWL_MODE = "0700"
NEWSCRAWL_SEEDS = ""
NEWSCRAWL_OUTPUTS = ["jsonlines", "sqlite"]
NEWSCRAWL_CONTACT = ""
NEWSCRAWL_ORIGIN = ""
NEWSCRAWL_REPLAY = ""
NEWSCRAWL_RECORD = ""
NEWSCRAWL_STOP_AFTER = 5
NEWSCRAWL_FULL_EVERY = "30d"
NEWSCRAWL_RELOOK = "1h,6h,1d,3d,14d"
NEWSCRAWL_RELOOK_BUDGET = 100
NEWSCRAWL_JSONL_ROTATE = "1h,50000"
NEWSCRAWL_MAX_WAIT = "600s"
NEWSCRAWL_REFUSALS = 5
NEWSCRAWL_SHARE = 1
NEWSCRAWL_LEASE_WAIT = "0s"
NEWSCRAWL_DRIFT = 0.3
NEWSCRAWL_PROGRESS = "auto"
NEWSCRAWL_SCRAPYD = "http://127.0.0.1:6800/"
NEWSCRAWL_SCRAPYD_PROJECT = "newscrawl"
NEWSCRAWL_SCRAPYD_TIMEOUT = "60s"
NEWSCRAWL_WARN_FAILED = 0.1
NEWSCRAWL_WARN_DEBT = 0.02
NEWSCRAWL_WARN_DISK = "1GB"
NEWSCRAWL_NOTIFY = ""
NEWSCRAWL_NOTIFY_URL = ""
NEWSCRAWL_NOTIFY_REPLAY = False
NEWSCRAWL_ALIVE = ""

for _name in [name for name in globals() if name.startswith("NEWSCRAWL_")]:
    globals()[_name] = os.environ.get(_name, globals()[_name])
# Those of Spidermon's ways of notice: tokens and passwords do not belong on a command line.
for _name in [name for name in os.environ if name.startswith("SPIDERMON_")]:
    globals()[_name] = os.environ[_name]

# -- polite by default ---------------------------------------------------------------------------
USER_AGENT = f"newscrawl/{VERSION}"  # the contact is added when a run starts
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "newscrawl"
CONCURRENT_REQUESTS = 2  # small: a stop takes about this many delays
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0  # jitter would go below the floor of one second

# -- bounded and closed --------------------------------------------------------------------------
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 5
RETRY_TIMES = 2
COOKIES_ENABLED = False
URLLENGTH_LIMIT = 0  # drops without a word; newscrawl.rfi.urls has a bound of its own
METAREFRESH_ENABLED = False  # the site does not use it; a hostile page might
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # on by default in Scrapy 2.19, and runs posted code
TWISTED_DNS_RESOLVER = "newscrawl.resolver.PublicResolver"
DOWNLOAD_HANDLERS = {
    "http": "newscrawl.handlers.OriginDownloadHandler",
    "https": "newscrawl.handlers.OriginDownloadHandler",
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}

# -- the parts -----------------------------------------------------------------------------------
CONCURRENT_ITEMS = 8
ITEM_PIPELINES = {
    "newscrawl.pipelines.validate.ValidatePipeline": 100,
    "newscrawl.pipelines.store.StorePipeline": 900,
}
DOWNLOADER_MIDDLEWARES = {
    "newscrawl.middlewares.fence.FenceMiddleware": 50,
    "newscrawl.middlewares.closed.ClosedMiddleware": 60,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "newscrawl.middlewares.robots.StrictRobotsTxtMiddleware": 100,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    "newscrawl.middlewares.sent.SentStats": 850,
    "newscrawl.middlewares.replay.ReplayMiddleware": 930,
    "newscrawl.middlewares.gate.GateMiddleware": 940,
    "newscrawl.middlewares.record.RecordMiddleware": 950,
}
EXTENSIONS = {
    "newscrawl.extensions.ledger.Ledger": 100,
    "newscrawl.extensions.progress.Progress": 200,
    "newscrawl.extensions.finish.Finish": 1000,
}
FEED_EXPORT_ENCODING = "utf-8"
LOG_LEVEL = "INFO"
LOG_FILE_APPEND = True
