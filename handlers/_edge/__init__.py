"""Where AWS's words end: events become typed calls, answers and errors become what AWS wants.

Every invocation leaves one structured line.
"""
