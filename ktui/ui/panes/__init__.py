"""A file per visible region of the main screen."""
