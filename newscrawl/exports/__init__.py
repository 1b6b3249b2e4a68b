"""What others read: one format of output a module, each from records that the store gives."""

#: Formats that are one file.
FILES = ("jsonl", "csv", "parquet")
#: Formats that are a folder.
FOLDERS = ("rss", "fulltext", "dataset")
FORMATS = (*FILES, *FOLDERS)
