"""From what a build shows to one message for whoever can act: incidents, their routing, and the channels that carry them."""
