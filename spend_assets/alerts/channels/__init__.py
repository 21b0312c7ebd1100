"""What carries a message out: Slack, mail, a signed webhook."""
