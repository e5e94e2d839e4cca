"""The environment variables that each process in a sandbox finds, whoever provides it. None is a secret."""

VARIABLES = {"LANG": "C.UTF-8", "TZ": "UTC", "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"}
