"""Engines: the programs that turn a prompt into draft reports. See ``protocol`` for the contract."""
