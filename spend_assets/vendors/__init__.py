"""Vendor clients: plain httpx, one package per vendor. They write records to a sink and know nothing of what is done with them."""
