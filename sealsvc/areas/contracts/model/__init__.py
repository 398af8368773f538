"""States, terms, templates, facts and packages of contracts; pure."""
