"""The story of a demonstration, told to a live service over HTTP; the makers of its documents.

`run_command` is what `sealsvc demo` calls; `samples/build.py` uses the makers too.
"""

from api.demo.command import run_command
from api.demo.steps import DemoResult
from api.demo.telling import run

__all__ = ["DemoResult", "run", "run_command"]
