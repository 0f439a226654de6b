"""The collector: reads module and gas meter through the gateway and hands in a meter-day block of each.

It starts with ``python -m meterkast.applications.collector --fd N`` and knows no key, no network and no file.
"""
