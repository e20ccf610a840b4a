"""A file per screen that stands over the main one."""
