"""The pages, one function ``page()`` each."""
