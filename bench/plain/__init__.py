"""A Scrapy project as tutorials write it: parsel, item loaders, feed exports, default settings."""
