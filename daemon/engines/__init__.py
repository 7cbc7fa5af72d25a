"""Engines: the programs that turn a prompt into text. ``protocol`` is the contract, ``opening`` the one way in."""
