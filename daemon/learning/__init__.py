"""What a person's reports teach: pairs, and the weekly training as the daemon sees it."""
