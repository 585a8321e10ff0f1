"""`make bench`: whole commands timed side by side in one run, shown as ratios; nothing here passes or fails."""
