"""The documentation of Pebble modules as static HTML pages: what ``pvm doc`` writes.

`sources` finds and parses the modules, `model` says what of them is documented, `names` which page a name in a
signature or a text means, `signatures` and `markdown` make HTML of declarations and of ``///`` texts, `pages` puts
the pages together and `site` lists the files.  Only syntax is looked at: a program that does not type-check can be
documented too.
"""

from compiler.documentation.site import make_site
from compiler.documentation.sources import library_modules, one_library_module, program_modules

__all__ = ["library_modules", "make_site", "one_library_module", "program_modules"]
