"""The review page: a Streamlit app in Japanese on this machine alone. ``nippo dashboard`` starts ``app.py``.

The modules beside ``views/`` are plain functions and values without Streamlit; ``views/`` draws them, ``context`` holds
what all views share. Foreign text (diaries, reports, warnings) reaches the browser only through ``markup``.
"""
