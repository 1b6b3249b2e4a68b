"""Which articles tell the same story: copies, versions, and the same in other editions."""
