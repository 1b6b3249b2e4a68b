"""Crawls on a schedule: which editions are due, and sending them to Scrapyd servers."""
