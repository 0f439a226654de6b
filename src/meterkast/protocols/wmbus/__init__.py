"""Wireless M-Bus: radio frames (EN 13757-4) and the layers between radio and records (EN 13757-7, OMS)."""
