"""Where rows live: the database, its tables and their migrations."""
