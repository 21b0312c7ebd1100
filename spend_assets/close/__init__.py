"""Month close: what is missing, the pack of a soft or final close, and what moved in closed months since."""
