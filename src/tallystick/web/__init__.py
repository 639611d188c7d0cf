"""Server-rendered pages: one module and one template folder per stage."""
