"""用章: put a seal on a document: authorise, sign, finish, and nothing leaves unproven."""
