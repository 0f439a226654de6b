"""Faces for people: the command line, the web page, and how both write numbers and times."""
