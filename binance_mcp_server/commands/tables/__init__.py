"""Tables that page: from a question and a cursor to rows and the next cursor."""
