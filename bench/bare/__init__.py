"""Bare Scrapy: the project's settings, Scrapy's own parts, and pages that are thrown away."""
