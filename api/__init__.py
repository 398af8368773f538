"""HTTP words over the domain: routers, schemas, problems, pages and the command line."""
