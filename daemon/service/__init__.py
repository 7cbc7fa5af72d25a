"""The always-on daemon: noticing, queueing, delivering."""
