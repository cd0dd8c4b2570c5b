"""Reading and writing pictures, tables and result folders."""
