"""The web page: the street as it runs, one home's day, and the claims. No request leaves the machine."""
