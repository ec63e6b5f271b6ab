"""Protocol 1: implementations in any language, as programs that answer lines of JSON. README.md tells how to write one."""
